import type { Piece } from '../../../encoding/byte-buffer.js';
import { interned, PACKET, packet, trackEvent } from '../../../encoding/perfetto/fields.js';
import { intern, MAX_NUMBERS } from '../../../encoding/perfetto/packets.js';
import { WireBuffer } from '../../../encoding/perfetto/wire.js';
import { SLICE_END } from '../../../trace-event/perfetto.js';
import { Callstacks } from './callstacks.js';
import { Calls, Numbers, Texts, Values } from './interning.js';

/**
 * The packets of one thread: what later ones take for known from earlier ones. Perfetto's own writers have
 * one for each thread, too, and who reads a trace takes each sequence by itself.
 */
export class Sequence {
  readonly id: number;
  /** What a packet of it has behind its own length, up to the length of the track event in it. */
  readonly head: Piece;
  /** Where the track event begins in a packet. */
  readonly inside: number;
  /** The end of a slice, up to its time. */
  readonly end: Piece;
  /** What the time of the next packet is counted from. */
  time = 0;
  /** As long as this is the format's, what was written of it stands in the file and can be built on. */
  epoch: number;
  readonly categories: Texts;
  readonly keys: Texts;
  readonly #added: WireBuffer;
  /** Names of calls are values of arguments, too: both share their numbers. */
  #calls: Calls | undefined;
  #values: Values | undefined;
  #callstacks: Callstacks | undefined;
  readonly #names = new Numbers();
  readonly #categoryIds = new Numbers();
  readonly #keyIds = new Numbers();
  readonly #valueIds = new Numbers();

  /**
   * Packets are not marked as needing what was said before them (SEQ_NEEDS_INCREMENTAL_STATE, two bytes in
   * each): that is for buffers in which it may be written over. In a file, nothing before them is missing.
   */
  constructor(id: number, epoch: number, added: WireBuffer) {
    this.id = id;
    this.epoch = epoch;
    this.#added = added;
    const out = new WireBuffer(64);
    out.field(packet.sequence, id);
    out.tag(packet.trackEvent);
    this.head = out.pieceFrom(0);
    out.length = 0;
    out.open(PACKET);
    out.put(this.head);
    this.inside = ++out.length;
    out.field(trackEvent.type, SLICE_END);
    out.close(this.inside);
    this.end = out.pieceFrom(0);
    this.categories = new Texts(added, interned.category, this.#categoryIds);
    this.keys = new Texts(added, interned.annotationName, this.#keyIds);
  }

  get calls(): Calls {
    this.#calls ??= new Calls(this.#added, interned.string, this.#valueIds);
    return this.#calls;
  }

  get values(): Values {
    this.#values ??= new Values(this.#added, interned.string, this.#valueIds);
    return this.#values;
  }

  get callstacks(): Callstacks {
    this.#callstacks ??= new Callstacks(this.#added);
    return this.#callstacks;
  }

  /** A number for a name. Who asks remembers it. */
  name(text: string): number {
    const id = this.#names.next();
    intern(this.#added, interned.name, id, text);
    return id;
  }

  /** It begins anew then. */
  get isFull(): boolean {
    const all = [this.#names, this.#categoryIds, this.#keyIds, this.#valueIds];
    return all.some(({ last }) => last > MAX_NUMBERS) || this.#callstacks?.isFull === true;
  }
}
