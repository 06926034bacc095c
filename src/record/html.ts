import { visible } from '../base/visible.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Untrusted text as the content of an element, or of an attribute in quotes. Characters that hide others become visible, as on a terminal. */
export function escapeHtml(text: string): string {
  return visible(text.replaceAll('\r\n', '\n')).replace(/[&<>"']/gu, (character) => {
    return ESCAPES[character] ?? '';
  });
}

/** A number for an attribute: never in exponents, never anything but a number. */
export function attribute(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '0';
}
