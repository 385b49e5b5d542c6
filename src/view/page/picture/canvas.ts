import type { Sheet } from './scene.js';

/** Makes a canvas as large as it is shown, in the pixels of the screen. */
export function sheetOf(canvas: HTMLCanvasElement): Sheet | undefined {
  const context = canvas.getContext('2d', { alpha: false });
  const { clientWidth: width, clientHeight: height } = canvas;
  if (context === null || width === 0 || height === 0) return undefined;
  const density = Math.max(devicePixelRatio, 1);
  const [wide, high] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  return { context, width, height, density };
}
