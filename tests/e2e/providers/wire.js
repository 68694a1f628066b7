// How the scripted providers put bytes on the wire.

export const event = (data, name) => `${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

// A text as a model streams it: a few characters at a time, never half of one.
export function piecesOf(text, size = 3) {
  const points = [...text];
  const pieces = [];
  for (let at = 0; at < points.length; at += size) pieces.push(points.slice(at, at + size).join(''));
  return pieces;
}

// What no reader may rely on: where a piece of the body ends. These cut through characters, tokens and line ends.
const sizes = [1, 7, 2, 61, 3, 181, 5];

export async function dribble(response, text) {
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length && !response.destroyed; ++turn) {
    const size = sizes[turn % sizes.length];
    response.write(bytes.subarray(at, at + size));
    at += size;
    await new Promise(setImmediate);
  }
}
