const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** A text of a trace, of which nothing is markup, and nothing makes other text run the other way. */
export function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (sign) => ENTITIES[sign] as string);
}

const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<path d="M0 1h16v4H0z" fill="#6f8fd8"/><path d="M2 6h9v4H2z" fill="#e8a44c"/><path d="M4 11h5v4H4z" fill="#62b58f"/>
</svg>`;

/**
 * Slices in slices, for the tab of a browser. Without an icon in the page, Firefox asks the server for one,
 * which the page's own policy forbids.
 */
export const ICON = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(PICTURE)}">`;
