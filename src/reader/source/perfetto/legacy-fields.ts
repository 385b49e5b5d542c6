import { legacyEvent } from '../../../trace-event/perfetto.js';
import { textAt, type WireReader } from './wire-reader.js';

/** By LegacyEvent.InstantEventScope. */
const SCOPES = [0, ...Buffer.from('gpt')];

/**
 * The LegacyEvent in a TrackEvent: what the older macros of Chrome say of it, nearly all in the words of
 * Chrome's own format.
 */
export class LegacyFields {
  /** A letter; 0 where it does not say one. */
  phase = 0;
  nameId: number | undefined;
  /** Its duration. */
  microseconds: number | undefined;
  /** In hexadecimal digits, like that of its flow. */
  id: string | undefined;
  isLocal = false;
  /** Ids of different scopes are different ones. */
  idScope = '';
  bindId: string | undefined;
  bindsToEnclosing = false;
  /** Bits of FlowDirection. */
  direction = 0;
  /** A letter, or 0. */
  scope = 0;
  /** Whose event it is, if not that of the thread that wrote it. */
  pid: number | undefined;
  tid: number | undefined;

  /** Takes the message that the reader stands in. */
  read(reader: WireReader): void {
    while (reader.next()) {
      switch (reader.field) {
        case legacyEvent.phase:
          this.phase = reader.low;
          break;
        case legacyEvent.nameId:
          this.nameId = reader.number;
          break;
        case legacyEvent.microseconds:
          this.microseconds = reader.signed;
          break;
        case legacyEvent.id:
        case legacyEvent.localId:
        case legacyEvent.globalId:
          this.id = reader.bigint.toString(16);
          this.isLocal = reader.field === legacyEvent.localId;
          break;
        case legacyEvent.idScope:
          this.idScope = textAt(reader);
          break;
        case legacyEvent.bindId:
          this.bindId = reader.bigint.toString(16);
          break;
        case legacyEvent.bindsToEnclosing:
          this.bindsToEnclosing = reader.low !== 0;
          break;
        case legacyEvent.direction:
          this.direction = reader.low;
          break;
        case legacyEvent.scope:
          this.scope = SCOPES[reader.low] ?? 0;
          break;
        case legacyEvent.pid:
          this.pid = reader.signed;
          break;
        case legacyEvent.tid:
          this.tid = reader.signed;
          break;
      }
    }
  }
}

/** Of most events: they have none. */
export const NO_LEGACY: Readonly<LegacyFields> = new LegacyFields();
