// One of two files in one process.
import { meet } from './meet.mjs';

meet();
