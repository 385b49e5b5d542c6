import type { Session } from '../session.js';
import { lengthOf, moved, timeAt, zoomed } from '../viewport/view.js';

const LINE = 16;
/** By how much a pixel of the wheel zooms. */
const ZOOM = 0.003;
const PINCH = 0.012;

/**
 * The wheel and the trackpad: with Ctrl, as which a pinch comes, they zoom at the mouse; sideways, or with
 * Shift, they move along the time. All else scrolls, as the browser does it.
 */
export function listenToWheel(element: HTMLElement, session: Session): () => void {
  const wheel = (event: WheelEvent) => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    const { deltaX, deltaY } = event;
    const { view, limits, width } = session;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const x = event.clientX - element.getBoundingClientRect().left;
      // A wheel comes in steps of 100 or so, a pinch in small ones.
      const speed = Math.abs(deltaY) < 40 ? PINCH : ZOOM;
      const factor = Math.exp(deltaY * unit * speed);
      session.setView(zoomed(view, limits, timeAt(view, width, x), factor));
    } else if (event.shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) {
      event.preventDefault();
      const pixels = (deltaX === 0 ? deltaY : deltaX) * unit;
      session.setView(moved(view, limits, (pixels / width) * lengthOf(view)));
    }
  };
  element.addEventListener('wheel', wheel, { passive: false });
  return () => element.removeEventListener('wheel', wheel);
}
