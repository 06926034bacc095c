/**
 * Splits a line that holds several JSON objects or arrays with nothing but white space between them, as servers with unsynchronised writers produce it.
 * Returns their texts, or `undefined` when the line is anything else. Linear.
 */
export function splitJsonValues(line: string): readonly string[] | undefined {
  const values: string[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
      continue;
    }
    if (character === '{' || character === '[') {
      if (depth === 0) start = index;
      depth += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth < 0) return undefined;
      if (depth === 0) values.push(line.slice(start, index + 1));
    } else if (character === '"' && depth > 0) inString = true;
    else if (depth === 0 && !isSpace(character)) return undefined;
  }
  return depth === 0 && values.length > 0 ? values : undefined;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r';
}
