/**
 * The environment of jest for Node, with globals that are looked up as everywhere else. Jest's own are found through a
 * proxy, at every `Math` and `BigInt` of the code under test, which then runs half as fast as it does for its users.
 */
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const { createContext } = vm;
const { DONT_CONTEXTIFY } = vm.constants ?? {};

export default class extends TestEnvironment {
  constructor(...args) {
    // Nodes before 20.18 have no such context.
    if (DONT_CONTEXTIFY) vm.createContext = () => createContext(DONT_CONTEXTIFY);
    try {
      super(...args);
    } finally {
      vm.createContext = createContext;
    }
  }
}
