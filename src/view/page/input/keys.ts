import type { Session } from '../session.js';
import { lengthOf, moved, zoomed } from '../viewport/view.js';
import { Motion, middleOf } from './motion.js';

/** What a key does, and what the help says about it. */
interface Command {
  readonly keys: string;
  readonly says: string;
}

/** The table that `?` shows: docs/viewer.md has it, too. */
export const COMMANDS: readonly Command[] = [
  { keys: 'W S, + −', says: 'zoom in and out (with Shift: faster)' },
  { keys: 'A D, ← →', says: 'move along the time (with Shift: faster)' },
  { keys: '↑ ↓', says: 'scroll the tracks' },
  { keys: '0', says: 'show all of the trace' },
  { keys: 'F, double click', says: 'show what is selected, large' },
  { keys: '/', says: 'find; Enter and Shift+Enter go to the next hit and the one before' },
  { keys: ', .', says: 'slice before and after, in the same lane' },
  { keys: 'P N', says: 'slice before and after, of the same name' },
  { keys: '[ ]', says: 'along the arrows of flows, back and on' },
  { keys: 'B', says: 'show what belongs to the same operation; the rest turns grey' },
  { keys: 'M', says: 'set a mark at the mouse, or take it away' },
  { keys: 'Ctrl+A', says: 'select all of the time' },
  { keys: 'V', says: 'select what is on the screen' },
  { keys: 'T', says: 'time of day, or since the start' },
  { keys: 'L', says: 'the slices on the screen as a table' },
  { keys: 'R', says: 'the table of requests' },
  { keys: 'Esc', says: 'take back one thing: help, grey, selection, list' },
  { keys: '?', says: 'this help' },
  { keys: 'Wheel', says: 'scroll; with Ctrl: zoom; with Shift, or sideways: move' },
  { keys: 'Drag', says: 'select a range; with Shift or the middle button: move' },
];

/** How near to a mark, in pixels, another one takes it away. */
const SAME_MARK = 5;
const SCROLL = 60;

/** Whether a key belongs to what has the focus. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input, textarea, select, [contenteditable]') !== null) return true;
  const isPressed = key === 'Enter' || key === ' ';
  return isPressed && target.closest('button, a, summary, [role=treeitem], tr') !== null;
}

/** With Ctrl, letters are those that are printed on the keys, where these are Latin: as everywhere. */
function isA({ key, code }: KeyboardEvent): boolean {
  return /^[a-z]$/i.test(key) ? key.toLowerCase() === 'a' : code === 'KeyA';
}

/** Many keyboards have these behind Alt or AltGr. */
function isBracket({ key }: KeyboardEvent): boolean {
  return key === '[' || key === ']';
}

/** Listens to keys wherever the focus is. Returns what ends it. */
export function listenToKeys(session: Session, find: () => void): () => void {
  const motion = new Motion(session);
  const pressed = (event: KeyboardEvent) => {
    if (event.defaultPrevented || isTaken(event)) return;
    if (event.altKey && !isBracket(event)) return;
    // AltGr is Ctrl and Alt for some systems.
    if ((event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph')) {
      if (!isA(event)) return;
      event.preventDefault();
      session.selectAll();
      return;
    }
    if (session.isHelpOpen && event.key !== 'Escape' && event.key !== '?') return;
    if (motion.press(event) || run(event)) event.preventDefault();
  };

  function run(event: KeyboardEvent): boolean {
    const { view, limits } = session;
    switch (event.key) {
      case '?':
        session.isHelpOpen = !session.isHelpOpen;
        session.render();
        return true;
      case '/':
        find();
        return true;
      case '+':
      case '-':
        session.glideTo(zoomed(view, limits, middleOf(session), event.key === '+' ? 1 / 1.5 : 1.5));
        return true;
      case 'Escape':
        session.escape();
        return true;
      case '[':
      case ']':
        session.whenSelected(() => session.follow(event.key === ']'));
        return true;
      case 'Enter':
        session.finder.go(event.shiftKey ? -1 : 1);
        return session.finder.found !== undefined;
      case 'ArrowLeft':
      case 'ArrowRight': {
        const by = lengthOf(view) * (event.shiftKey ? 0.5 : 0.1);
        session.glideTo(moved(view, limits, event.key === 'ArrowLeft' ? -by : by));
        return true;
      }
      case 'ArrowUp':
      case 'ArrowDown':
        session.scrollBy(event.key === 'ArrowUp' ? -SCROLL : SCROLL);
        return true;
    }
    return runByPlace(event);
  }

  /** By where the key is, and not by what is printed on it. */
  function runByPlace(event: KeyboardEvent): boolean {
    switch (event.code) {
      case 'Digit0':
      case 'Numpad0':
        session.glideTo(session.limits);
        return true;
      case 'Equal':
      case 'NumpadAdd':
      case 'Minus':
      case 'NumpadSubtract': {
        const isIn = event.code === 'Equal' || event.code === 'NumpadAdd';
        session.glideTo(
          zoomed(session.view, session.limits, middleOf(session), isIn ? 1 / 1.5 : 1.5),
        );
        return true;
      }
      case 'KeyF':
        session.whenSelected(() => session.fit());
        return true;
      case 'Comma':
      case 'Period':
        session.whenSelected(() => void session.step('lane', event.code === 'Period'));
        return true;
      case 'KeyN':
      case 'KeyP':
        session.whenSelected(() => void session.step('name', event.code === 'KeyN'));
        return true;
      case 'BracketLeft':
      case 'BracketRight':
        session.whenSelected(() => session.follow(event.code === 'BracketRight'));
        return true;
      case 'KeyB':
        session.whenSelected(() => session.toggleBelonging());
        return true;
      case 'KeyM':
        session.whenSelected(() => toggleMark(session));
        return true;
      case 'KeyT':
        session.isAbsolute = !session.isAbsolute && session.facts.wallClock !== undefined;
        session.render();
        return true;
      case 'KeyV':
        session.selectRange({
          from: Math.floor(session.view.from),
          to: Math.ceil(session.view.to),
          tracks: undefined,
        });
        return true;
      case 'KeyL':
        session.panel = session.panel === 'list' ? undefined : 'list';
        session.render();
        return true;
      case 'KeyR':
        if (session.facts.requests > 0) void session.openRequests();
        return true;
    }
    return false;
  }

  const end = new AbortController();
  const { signal } = end;
  addEventListener('keydown', pressed, { signal });
  addEventListener('keyup', (event) => motion.release(event), { signal });
  addEventListener('blur', () => motion.stop(), { signal });
  return () => {
    end.abort();
    motion.stop();
  };
}

function toggleMark(session: Session): void {
  const { view, width } = session;
  const time = Math.round(session.cursor ?? session.slice?.start ?? middleOf(session));
  const reach = ((view.to - view.from) / width) * SAME_MARK;
  const others = session.marks.filter((mark) => Math.abs(mark - time) > reach);
  session.marks =
    others.length < session.marks.length ? others : [...others, time].sort((a, b) => a - b);
  session.render();
}
