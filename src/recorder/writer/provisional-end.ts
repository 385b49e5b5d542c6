import { Buffer } from 'node:buffer';
import type { OpenSpan } from '../assemble/stream.js';
import { type DrawSpan, ShownSpans } from './shown-spans.js';

/** Spans that are packed together. */
const BLOCK_SPANS = 64;

interface Block {
  readonly texts: Map<OpenSpan, string>;
  /** Undefined if a span has changed since. */
  bytes: Uint8Array | undefined;
}

/**
 * What the end of the file shows of spans that are open, where events cannot be erased. All of it is written
 * with each flush; blocks in which nothing has changed need not be packed again.
 */
export class ProvisionalEnd extends ShownSpans {
  #blocks: Block[] = [];
  readonly #blockOf = new Map<OpenSpan, Block>();

  protected override shows(span: OpenSpan): boolean {
    return this.#blockOf.has(span);
  }

  /** Not as long as nothing is shown: that may be because another writer was ended. */
  override get canWait(): boolean {
    return super.canWait && this.#blocks.length > 0;
  }

  override update(draw: DrawSpan): Uint8Array {
    for (const span of this.takeOutdated()) this.#put(span, draw(span).join(''));
    this.#mergeSmall();
    return new Uint8Array(0);
  }

  #put(span: OpenSpan, text: string): void {
    const block = this.#blockOf.get(span) ?? this.#openBlock();
    if ((block.texts.get(span) ?? '') === text) return;
    block.bytes = undefined;
    if (text === '') {
      block.texts.delete(span);
      this.#blockOf.delete(span);
    } else {
      block.texts.set(span, text);
      this.#blockOf.set(span, block);
    }
  }

  /** The block for a span that was not shown. */
  #openBlock(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.texts.size < BLOCK_SPANS) return last;
    const block: Block = { texts: new Map(), bytes: undefined };
    this.#blocks.push(block);
    return block;
  }

  /** Most spans of a block may have ended. */
  #mergeSmall(): void {
    const blocks: Block[] = [];
    for (const block of this.#blocks) {
      if (block.texts.size === 0) continue;
      const before = blocks.at(-1);
      if (before === undefined || before.texts.size + block.texts.size > BLOCK_SPANS) {
        blocks.push(block);
        continue;
      }
      before.bytes = undefined;
      for (const [span, text] of block.texts) {
        before.texts.set(span, text);
        this.#blockOf.set(span, before);
      }
    }
    this.#blocks = blocks;
  }

  override get end(): readonly Uint8Array[] {
    return this.#blocks.map((block) => {
      block.bytes ??= Buffer.from([...block.texts.values()].join(''), 'latin1');
      return block.bytes;
    });
  }

  override withdraw(): void {
    this.forget();
  }

  override forget(): void {
    super.forget();
    this.#blocks = [];
    this.#blockOf.clear();
  }
}
