// Google's generateContent. Facts: the Gemini API reference (generateContent, Content, Tool, GenerationConfig), its guides
// to function calling, thinking and thought signatures.
import { z } from 'zod';
import { failure, plain, stream } from './gemini_answers.js';
import { anyObject, base64, firstProblem, merged } from './rules.js';

const name = z.string().regex(/^[A-Za-z_][\w.:-]{0,127}$/, 'Invalid function name');
const blob = z.strictObject({ mimeType: z.string().regex(/^\w+\//), data: base64 });
const part = z.strictObject({
  text: z.string().optional(),
  inlineData: blob.optional(),
  fileData: z.strictObject({ mimeType: z.string().optional(), fileUri: z.string().min(1) }).optional(),
  functionCall: z.strictObject({ id: z.string().optional(), name, args: anyObject.optional() }).optional(),
  functionResponse: z.strictObject({ id: z.string().optional(), name, response: anyObject, parts: z.array(z.strictObject({ inlineData: blob })).optional() }).optional(),
  thought: z.boolean().optional(),
  thoughtSignature: base64.optional(),
});
const contents = z.array(z.strictObject({ role: z.enum(['user', 'model']), parts: z.array(part).min(1) })).min(1);
const texts = z.array(z.strictObject({ text: z.string() })).min(1);

const request = z.strictObject({
  contents,
  systemInstruction: z.strictObject({ role: z.enum(['user', 'system']).optional(), parts: texts }).optional(),
  tools: z.array(z.strictObject({
    functionDeclarations: z.array(z.strictObject({ name, description: z.string().optional(), parameters: anyObject.optional(), parametersJsonSchema: anyObject.optional() })).min(1),
  })).min(1).optional(),
  toolConfig: z.strictObject({
    functionCallingConfig: z.strictObject({ mode: z.enum(['AUTO', 'ANY', 'NONE', 'VALIDATED']), allowedFunctionNames: z.array(name).min(1).optional() }),
  }).optional(),
  safetySettings: z.array(z.strictObject({ category: z.string(), threshold: z.string() })).optional(),
  serviceTier: z.enum(['standard', 'flex', 'priority']).optional(),
  generationConfig: z.strictObject({
    candidateCount: z.int().min(1).max(8).optional(),
    maxOutputTokens: z.int().min(1).optional(),
    temperature: z.number().min(0).max(2).optional(),
    topP: z.number().min(0).max(1).optional(),
    topK: z.int().min(1).optional(),
    seed: z.int32().optional(),
    presencePenalty: z.number().min(-2).max(2).optional(),
    frequencyPenalty: z.number().min(-2).max(2).optional(),
    stopSequences: z.array(z.string().min(1)).max(5).optional(),
    responseMimeType: z.enum(['text/plain', 'application/json']).optional(),
    responseJsonSchema: anyObject.optional(),
    responseSchema: anyObject.optional(),
    responseLogprobs: z.boolean().optional(),
    logprobs: z.int().min(0).max(20).optional(),
    thinkingConfig: z.strictObject({ thinkingLevel: z.enum(['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']).optional(), thinkingBudget: z.int().optional(), includeThoughts: z.boolean().optional() }).optional(),
  }).optional(),
});

const kinds = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'];
const ids = (one, kind) => one.parts.filter((each) => each[kind]).map((each) => `${each[kind].id ?? ''}/${each[kind].name}`).sort().join();

function misplacedPart(one, isOfModel) {
  const set = kinds.filter((kind) => one[kind] !== undefined);
  if (set.length !== 1) return `oneof field 'data' is set ${set.length} times`;
  if (one.text === '' && !one.thoughtSignature) return 'required oneof field \'data\' must have one initialized field';
  if (!isOfModel && (one.functionCall || one.thoughtSignature || one.thought)) return 'Please ensure that function call turn comes from the model';
  if (isOfModel && one.functionResponse) return 'Please ensure that function response turn comes from the user';
  return undefined;
}

// The first call of each step of the turn that goes on must be signed, since Gemini 3.
function unsigned(all) {
  const current = all.findLastIndex((one) => one.role === 'user' && one.parts.some((each) => !each.functionResponse));
  const found = all.findIndex((one, index) => index > current && one.parts.some((each) => each.functionCall) && !one.parts.find((each) => each.functionCall).thoughtSignature);
  return found < 0 ? undefined : `contents[${found}]: Function call is missing a thought_signature in functionCall parts.`;
}

function misplaced(body) {
  for (const [index, one] of body.contents.entries()) {
    for (const [at, each] of one.parts.entries()) {
      const problem = misplacedPart(each, one.role === 'model');
      if (problem) return `contents[${index}].parts[${at}]: ${problem}`;
    }
    const calls = index ? ids(body.contents[index - 1], 'functionCall') : '';
    if (calls !== ids(one, 'functionResponse')) {
      return `contents[${index}]: Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.`;
    }
  }
  if (body.toolConfig && !body.tools) return 'Function calling config is set without function_declarations.';
  const config = body.generationConfig ?? {};
  if ((config.responseJsonSchema || config.responseSchema) && config.responseMimeType !== 'application/json') return 'response_schema only with response_mime_type application/json';
  if (config.thinkingConfig?.thinkingLevel && config.thinkingConfig.thinkingBudget !== undefined) return 'You can only set only one of thinking budget and thinking level.';
  if (config.logprobs !== undefined && !config.responseLogprobs) return 'logprobs without responseLogprobs';
  return unsigned(body.contents);
}

const resultOf = (response) => response.result ?? response.output ?? response.error ?? JSON.stringify(response);

function partOf(one) {
  if (one.functionCall) return { call: one.functionCall.name, id: one.functionCall.id, args: one.functionCall.args ?? {}, ...(one.thoughtSignature && { proof: one.thoughtSignature }) };
  if (one.functionResponse) return { result: one.functionResponse.id, text: String(resultOf(one.functionResponse.response)) };
  if (one.inlineData) return { image: `data:${one.inlineData.mimeType};base64,${one.inlineData.data}` };
  if (one.fileData) return { image: one.fileData.fileUri };
  if (one.thought) return { reasoning: one.text, proof: one.thoughtSignature };
  return { text: one.text, ...(one.thoughtSignature && { proof: one.thoughtSignature }) };
}

function read(body) {
  const declared = (body.tools ?? []).flatMap((one) => one.functionDeclarations);
  return {
    system: (body.systemInstruction?.parts ?? []).map((one) => one.text).join('\n\n'),
    turns: merged(body.contents.map(({ role, parts }) => ({ role: role === 'model' ? 'assistant' : 'user', parts: parts.map(partOf) }))),
    tools: declared.map((one) => ({ name: one.name, description: one.description, schema: one.parametersJsonSchema ?? one.parameters })),
    maxTokens: body.generationConfig?.maxOutputTokens,
    schema: body.generationConfig?.responseJsonSchema,
    temperature: body.generationConfig?.temperature,
  };
}

const model = 'gemini-3-pro-preview';
const paths = { [`/v1beta/models/${model}:generateContent`]: false, [`/v1beta/models/${model}:streamGenerateContent?alt=sse`]: true };

export const gemini = {
  protocol: 'gemini', vendor: 'gemini', root: '/v1beta', key: 'AIza-of-google', model, proof: 'EpwCCpkCAb4+9vs=',
  headers: ['x-goog-api-key', 'traceparent', 'tracestate', 'idempotency-key'],
  isAuthorised: (headers) => headers['x-goog-api-key'] === 'AIza-of-google' && headers.authorization === undefined,
  route: (httpRequest) => (httpRequest.method === 'POST' && httpRequest.url in paths ? { isStream: paths[httpRequest.url] } : undefined),
  problemOf: (body) => firstProblem(request, body, misplaced),
  read, plain, stream, failure,
};
