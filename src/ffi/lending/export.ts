/**
 * Who owns the bytes of an export, and when: the one page.
 *
 * An *export* is a buffer that Python holds still for JavaScript: an owned memoryview (or another owner) pins the
 * exporter, which can neither free nor resize the bytes. JavaScript sees them through one ArrayBuffer, mapped when the
 * first byte is asked for. It is in one of these states:
 *
 * | state  | who may read the bytes                       | the exporter                            |
 * | ------ | -------------------------------------------- | --------------------------------------- |
 * | viewed | the view                                     | pinned                                  |
 * | lent   | the view, and whoever has `data` or `bytes`  | pinned                                  |
 * | left   | whoever has `data` or `bytes`                | pinned until that array is garbage      |
 * | moved  | whoever has what the memory was moved to     | pinned for ever: nobody can say how long |
 * | over   | nobody                                       | free                                    |
 *
 * | event                                       | viewed | lent             | left             | moved | over |
 * | ------------------------------------------- | ------ | ---------------- | ---------------- | ----- | ---- |
 * | `data` or `bytes` is taken (handOut)        | lent   | lent             | –                | throws | throws |
 * | `release`, end of `using`, `close`          | over   | left             | left             | moved | over |
 * | `revoke`, no call can hold an array         | over   | over, arrays emptied | over, arrays emptied | throws | over |
 * | `revoke`, a call may                        | –      | lent, throws     | left, throws     | throws | –    |
 * | view and arrays are garbage                 | over   | over             | over             | moved | –    |
 * | the ArrayBuffer was transferred by somebody | moved  | moved            | moved            | moved | –    |
 *
 * A call of Node's, a module's thread, a later reader hold the array, and so keep `lent` and `left`. A fork's child has
 * copies of the pages, and never speaks for its parent. A worker thread reads by address while the view is `viewed` or
 * `lent`. At the exit of the process nothing is freed: Python is not finalized.
 *
 * The ArrayBuffer of an export that is `left` may serve later views of the same bytes of the same exporter, which then
 * only borrow it: it is theirs to read, and the first export's to end.
 */
import { type BufferInfo, type Extent, extentOf } from '../../view/py-buffer.ts';
import { detach } from './detach.ts';
import { countRequests, whyHeld } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import { ownerOf, watchMoves } from './moves.ts';
import { Owned } from './owned.ts';

/** The state of an export that is not over. */
export type ExportState = 'viewed' | 'lent' | 'left' | 'moved';

/** The export whose bytes an ArrayBuffer shows, if they were handed out by it. */
export function exportOf(buffer: ArrayBufferLike): Export | undefined {
  return ownerOf(buffer) as Export | undefined;
}

/** What is exported. */
export interface Exported {
  readonly info: BufferInfo;
  /** The address of the object that is pinned; 0 where it is not known. */
  readonly exporter: number;
  /** The address of what keeps the memory. */
  readonly owner: bigint;
  readonly giveBack: () => void;
}

/** One export. It holds its ArrayBuffer weakly, once the stretch is over in which it was taken. */
export class Export extends Owned {
  readonly info: BufferInfo;
  readonly extent: Extent;
  readonly exporter: number;
  readonly owner: bigint;
  #state: ExportState = 'viewed';
  #buffer: ArrayBuffer | WeakRef<ArrayBuffer> | undefined;
  /** The export, one that is left, whose ArrayBuffer this one borrows. */
  #lender: Export | undefined;
  /** Whether a later view has handed out its ArrayBuffer too. */
  #handedOn = false;
  #weakly = false;
  /** How many were under way at the hand-out, as long as the stretch lasts in which it was: none of them ends in it. */
  #requests: number | undefined;

  /** @internal */
  constructor(ledger: Ledger, { info, exporter, owner, giveBack }: Exported) {
    super('view', ledger, giveBack);
    this.info = info;
    this.extent = extentOf(info);
    this.exporter = exporter;
    this.owner = owner;
  }

  get state(): ExportState {
    return this.#state;
  }

  /** The ArrayBuffer that shows the bytes, as long as anybody has it. */
  get buffer(): ArrayBuffer | undefined {
    return this.#buffer instanceof WeakRef ? this.#buffer.deref() : this.#buffer;
  }

  /** The ArrayBuffer shows the bytes of this export. */
  show(buffer: ArrayBuffer): void {
    this.#buffer = this.#weakly ? new WeakRef(buffer) : buffer;
  }

  /** The ArrayBuffer is that of an export that is left. */
  borrow(lender: Export): void {
    this.#lender = lender;
  }

  /** Somebody outside has an array over the bytes from now on. */
  override handOut(): void {
    if (this.#state !== 'viewed') return;
    this.ledger.admit(this.extent.length);
    this.#state = 'lent';
    if (this.#lender) this.#lender.#handedOn = true;
    // The view refers to the ArrayBuffer: as long as either is there, this is.
    const buffer = this.buffer;
    if (!buffer) return;
    watchMoves(buffer, this);
    this.watch(buffer);
    if (!this.#weakly) this.#requests = countRequests();
  }

  /** The ArrayBuffer shows nothing any more, by somebody else's doing: the bytes are shown elsewhere now. */
  move(): void {
    if (this.#state === 'moved') return;
    if (this.#state === 'left') this.ledger.unpin(this);
    this.#state = 'moved';
    this.unwatch();
  }

  override settle(): void {
    this.#weakly = true;
    this.#requests = undefined;
    if (this.#buffer instanceof ArrayBuffer) this.#buffer = new WeakRef(this.#buffer);
    super.settle();
  }

  override collected(): void {
    if (this.#state === 'left') this.#finish();
    else super.collected();
  }

  override revoke(): void {
    const buffer = this.buffer;
    if (this.#state === 'moved') {
      throw new Error('this memory was transferred: whoever it was transferred to has it, and it cannot be taken back');
    }
    if (this.#handedOn || (this.#state === 'lent' && this.#lender)) {
      const other = this.#handedOn ? 'a later' : 'an earlier';
      throw new Error(
        `cannot revoke these arrays: ${other} view of the same memory handed them out as well. release() this one, and let ` +
          'the event loop turn until the arrays of both are garbage',
      );
    }
    if (this.#state === 'viewed' || !buffer) {
      // Of those that were left and are garbage the registry has not told yet.
      if (this.#state === 'left') this.#finish();
      else this.release();
      return;
    }
    const why = whyHeld(buffer, this.#requests);
    if (why) {
      throw new Error(
        `cannot revoke these arrays: ${why} may still use them. Revoke when it has ended, or release() the view: its ` +
          'arrays then stay valid until they are garbage',
      );
    }
    detach(buffer);
    if (this.#state === 'left') {
      this.#finish();
      return;
    }
    this.#buffer = undefined;
    this.#state = 'viewed';
    this.release();
  }

  protected override end(): void {
    const buffer = this.buffer;
    if (this.#state === 'moved') return;
    if (buffer && this.extent.length > 0 && buffer.byteLength === 0) {
      this.move();
      return;
    }
    if (this.#state === 'lent' && !this.#lender && buffer) {
      // It has been watched since it was handed out.
      this.#state = 'left';
      this.ledger.pin(this);
      return;
    }
    this.#buffer = undefined;
    try {
      // Nobody has it: what the view left under way finds nothing, rather than memory of somebody else's.
      if (buffer) detach(buffer);
    } finally {
      this.giveBack();
    }
  }

  /** The arrays that were left are garbage. */
  #finish(): void {
    this.#state = 'viewed';
    this.#buffer = undefined;
    this.ledger.unpin(this);
    this.giveBack();
  }
}
