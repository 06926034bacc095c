/** `1 file`, `2 files`, `2 classes`. */
export function plural(count: number, noun: string): string {
  const ending = count === 1 ? '' : /(?:s|x|ch|sh)$/.test(noun) ? 'es' : 's';
  return `${count} ${noun}${ending}`;
}
