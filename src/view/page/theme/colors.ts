/** A colour as the raster needs it: the bytes of a pixel in memory, alpha, blue, green, red. */
export type Pixel = number;

/** Colours of one theme for everything that stands in the picture by name. */
export interface Palette {
  readonly fills: readonly Pixel[];
  /** For the first pixel of a slice, by which two of the same colour are told apart. */
  readonly edges: readonly Pixel[];
  /** Of texts on each of them. */
  readonly inks: readonly string[];
  /** For what does not belong to what is looked at. */
  readonly dimmed: Pixel;
  readonly dimmedEdge: Pixel;
  readonly dimmedInk: string;
}

/**
 * Lightness, chroma and hue (OKLCH). Found by a search for sixteen colours on which dark text is well
 * read, and of which any two differ also for those who see no red or no green.
 */
const COLORS: readonly (readonly [lightness: number, chroma: number, hue: number])[] = [
  ...([
    [0.93, 0.059, 251],
    [0.82, 0.125, 88],
    [0.82, 0.103, 171],
    [0.87, 0.061, 346],
  ] as const),
  ...([
    [0.78, 0.084, 252],
    [0.83, 0.102, 41],
    [0.93, 0.1, 162],
    [0.73, 0.125, 300],
  ] as const),
  ...([
    [0.86, 0.112, 225],
    [0.77, 0.085, 20],
    [0.73, 0.113, 113],
    [0.78, 0.059, 331],
  ] as const),
  ...([
    [0.68, 0.075, 270],
    [0.68, 0.094, 41],
    [0.93, 0.091, 62],
    [0.68, 0.122, 343],
  ] as const),
];
/** By how much lightness is less in the dark. */
const DIMMER = 0.06;

type Rgb = readonly [red: number, green: number, blue: number];

export function makePalette(theme: 'light' | 'dark'): Palette {
  const less = theme === 'dark' ? DIMMER : 0;
  const colors = COLORS.map(([lightness, chroma, hue]) => fromOklch(lightness - less, chroma, hue));
  const grey: Rgb = theme === 'light' ? [226, 228, 231] : [52, 55, 60];
  return {
    fills: colors.map(pixel),
    edges: colors.map((color) => pixel(darker(color))),
    inks: colors.map(inkOn),
    dimmed: pixel(grey),
    dimmedEdge: pixel(darker(grey)),
    dimmedInk: theme === 'light' ? '#6b7076' : '#9aa0a8',
  };
}

/** Which colour a text has: digits make no difference, or each id would have another one. */
export function colorIndex(text: string, colors: number): number {
  let hash = 0x811c9dc5;
  const length = Math.min(text.length, 200);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) continue;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  // The low bits of this hash are those of the last letters: mix the high ones in.
  hash ^= hash >>> 15;
  return (((Math.imul(hash, 0x2c1b3c6d) >>> 8) ^ (hash >>> 3)) % colors) >>> 0;
}

export function pixel([red, green, blue]: Rgb): Pixel {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** As a style names it. */
export function css(color: Pixel): string {
  const parts = [color & 255, (color >> 8) & 255, (color >> 16) & 255];
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function darker([red, green, blue]: Rgb): Rgb {
  return [Math.round(red * 0.78), Math.round(green * 0.78), Math.round(blue * 0.78)];
}

/** Black or white, whichever is read more easily on a colour. */
function inkOn(color: Rgb): string {
  const brightness = luminance(color);
  return 1.05 / (brightness + 0.05) > (brightness + 0.05) / 0.058 ? '#ffffff' : '#16181b';
}

/** Relative luminance, as WCAG has it. */
export function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From lightness, chroma and hue, of which the eye sees equal steps as equal. */
function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  const angle = (hue * Math.PI) / 180;
  const a = chroma * Math.cos(angle);
  const b = chroma * Math.sin(angle);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toByte(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(Math.min(Math.max(value, 0), 1) * 255);
}
