function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The command that asks this gateway from a terminal. */
export function curlCommand(origin: string, greeting: string, needsKey: boolean): string {
  const body = JSON.stringify({ model: 'auto', stream: true, messages: [{ role: 'user', content: greeting }] });
  return [
    `curl -N ${origin}/v1/chat/completions`,
    "-H 'Content-Type: application/json'",
    ...(needsKey ? ['-H "Authorization: Bearer $GATEWAY_KEY"'] : []),
    `-d ${shellQuoted(body)}`,
  ].join(' \\\n  ');
}
