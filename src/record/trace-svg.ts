import { attribute, escapeHtml } from './html.ts';

/** Units across a strip, however wide it is drawn. */
const WIDTH = 1000;
const HEIGHT = 16;
/** So that what was over in no time can be seen. */
const MIN_WIDTH = 2.5;

export interface Part {
  readonly startMs: number;
  readonly endMs: number;
  /** Names a colour of the page's style. */
  readonly fill: string;
  /** Told on hover; escaped here. */
  readonly words: string;
  /** Drawn as a line in the middle. Default `false`. */
  readonly thin?: boolean;
}

/** Parts over a time line of `wallMs`, the later ones above the earlier ones. */
export function strip(parts: readonly Part[], wallMs: number, label: string): string {
  const rects = parts.map((part) => rect(part, wallMs));
  return `<svg class="bar" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(label)}">${rects.join('')}</svg>`;
}

function rect({ startMs, endMs, fill, words, thin = false }: Part, wallMs: number): string {
  const at = (ms: number): number =>
    wallMs > 0 ? Math.min(WIDTH, Math.max(0, (ms / wallMs) * WIDTH)) : 0;
  const x = Math.min(at(startMs), WIDTH - MIN_WIDTH);
  const width = Math.max(MIN_WIDTH, at(endMs) - x);
  const [y, height] = thin ? [5, 6] : [1, HEIGHT - 2];
  const box = `x="${attribute(x)}" y="${attribute(y)}" width="${attribute(width)}" height="${attribute(height)}"`;
  return `<rect class="fill-${fill}" ${box}><title>${escapeHtml(words)}</title></rect>`;
}
