// One catalogue is the type, the other must match it: a missing text does not compile.
export const en = {
  title: 'SmartRoute AI Gateway',
  running: 'Running',
  draining: 'Stopping',
  unreachable: 'Not reachable',
  locked: 'Locked',
  uptime: 'up',
  retry: 'Try again',
  loading: 'Loading',
  language: 'Language',
  theme: 'Theme',
  themes: { system: 'System theme', light: 'Light', dark: 'Dark' },

  lost: {
    title: 'The gateway does not answer.',
    never: 'Is it running? This page asks again every two seconds.',
    last: 'What you see is how it was before {time}.',
  },
  refused: {
    key: 'From outside a private network, this page asks for the gateway key.',
    wrong: 'The gateway does not accept this key.',
    closed: 'This gateway has no key, so it answers private addresses only.',
    closedHint: 'Set general.gateway_api_key in its config.json, then open this page with that key.',
  },
  open: {
    private: 'No gateway key is set.',
    privateHint:
      'Everyone on your private network can use your providers’ accounts. Set general.gateway_api_key in config.json.',
    public: 'No gateway key is set, and public addresses are answered.',
    publicHint:
      'Everyone who reaches this port can use your providers’ accounts. Set general.gateway_api_key in config.json.',
  },
  problems: {
    title: 'The last edit of config.json was refused.',
    hint: 'The configuration before it stays in use. To be changed:',
    file: 'The file',
  },
  keys: {
    title: 'A provider’s key rests.',
    hint: 'The provider refused it, found its account used up, or limits it. The reason stands in the log (provider_alert).',
    until: 'asked again at {time}',
  },
  demo: {
    title: 'Answers come from the built-in demo.',
    hint: 'No model is asked, and its token counts are estimates. Add a provider and its models to config.json; the change takes effect when you save it.',
    tag: 'demo',
  },

  now: 'Now',
  inFlight: 'In progress',
  streams: 'Streams',
  connections: 'Connections',
  sinceStart: 'Since start',
  requests: 'Chat requests',
  failures: 'Failed',
  promptTokens: 'Input tokens',
  completionTokens: 'Output tokens',

  tiers: 'Tiers',
  tierNames: { t1: 'simple', t2: 'medium', t3: 'hard' },
  columns: { tier: 'Tier', models: 'Models, first to last', requests: 'Requests' },
  modes: {
    label: 'Routing',
    auto: 'automatic',
    keyword: 'keywords',
    local: 'local classifier',
    llm: 'judged by a model',
    fixed: 'always the same tier',
  },
  noModels: 'No model. Add one to config.json.',
  leftOut: 'not asked: its protocol is not spoken by this release',

  tryIt: 'Try it',
  prompt: 'Message',
  promptDefault: 'Hello! What can you do?',
  model: 'Route',
  byTier: 'By tier',
  byModel: 'One model',
  automatic: 'auto',
  key: 'Gateway key',
  keyHint: 'It stays in this tab.',
  useKey: 'Continue',
  send: 'Send',
  stop: 'Stop',
  stopped: 'Stopped by you.',
  noText: 'The answer has no text.',
  waiting: 'Waiting for the first word…',
  answer: 'Answer',
  answerEmpty: 'The answer appears here as it is streamed.',
  thinking: 'Thinking',
  answeredBy: 'Answered by',
  decision: 'Decision',
  sources: {
    pinned: 'pinned',
    tool_loop: 'tool loop',
    rule: 'rule',
    classifier: 'classifier',
    judge: 'judge',
    heuristic: 'heuristic',
    fixed: 'fixed',
    fallback: 'fallback',
  },
  firstContent: 'First word',
  total: 'Total',
  errors: {
    invalid_api_key: 'The gateway key is missing or wrong.',
    network: 'The gateway does not answer.',
  },

  command: 'From a terminal',
  hello: 'Hello!',
  copy: 'Copy',
  copied: 'Copied',
  files: 'Configuration',
  metrics: 'Metrics for Prometheus',
  later: 'There is no dashboard in this release (audit log, statistics, settings): config.json is edited by hand.',
} as const;

type Shape<T> = { [K in keyof T]: T[K] extends string ? string : Shape<T[K]> };
export type Messages = Shape<typeof en>;

export const zh: Messages = {
  title: 'SmartRoute AI 网关',
  running: '运行中',
  draining: '正在停止',
  unreachable: '无法连接',
  locked: '未开放',
  uptime: '已运行',
  retry: '重试',
  loading: '加载中',
  language: '语言',
  theme: '外观',
  themes: { system: '跟随系统', light: '浅色', dark: '深色' },

  lost: {
    title: '网关没有响应。',
    never: '请确认网关已启动。本页每两秒自动重试一次。',
    last: '下面是 {time} 断开之前的状态。',
  },
  refused: {
    key: '从公网访问本页，需要输入网关密钥。',
    wrong: '密钥不正确。',
    closed: '此网关没有设置密钥，因此只向内网地址开放。',
    closedHint: '请在它的 config.json 中设置 general.gateway_api_key，再用该密钥打开本页。',
  },
  open: {
    private: '尚未设置网关密钥。',
    privateHint: '内网中的任何人都能使用你的服务商账户。请在 config.json 中设置 general.gateway_api_key。',
    public: '尚未设置网关密钥，并且已对公网开放。',
    publicHint: '任何能访问此端口的人都能使用你的服务商账户。请在 config.json 中设置 general.gateway_api_key。',
  },
  problems: {
    title: '最近一次修改的 config.json 有误，未生效。',
    hint: '目前仍在使用修改前的配置。需要改正：',
    file: '文件',
  },
  keys: {
    title: '有服务商的密钥暂停使用。',
    hint: '服务商拒绝了它、账户额度用尽，或触发了限流。原因见日志里的 provider_alert。',
    until: '{time} 再试',
  },
  demo: {
    title: '目前由内置演示服务作答。',
    hint: '没有调用任何模型，token 数为估算值。请在 config.json 中添加服务商和模型，保存后立即生效。',
    tag: '演示',
  },

  now: '当前',
  inFlight: '处理中',
  streams: '流式输出',
  connections: '连接',
  sinceStart: '启动以来',
  requests: '对话请求',
  failures: '失败',
  promptTokens: '输入 token',
  completionTokens: '输出 token',

  tiers: '档位',
  tierNames: { t1: '简单', t2: '中等', t3: '困难' },
  columns: { tier: '档位', models: '模型（按此顺序尝试）', requests: '请求数' },
  modes: {
    label: '路由方式',
    auto: '自动判断',
    keyword: '关键词',
    local: '本地分类器',
    llm: '由模型判断',
    fixed: '固定档位',
  },
  noModels: '没有模型，请在 config.json 中添加。',
  leftOut: '未启用：本版本尚不支持其协议',

  tryIt: '试一试',
  prompt: '消息',
  promptDefault: '你好！你能做什么？',
  model: '路由',
  byTier: '按档位',
  byModel: '指定模型',
  automatic: '自动',
  key: '网关密钥',
  keyHint: '仅保留在当前标签页中。',
  useKey: '继续',
  send: '发送',
  stop: '停止',
  stopped: '已手动停止。',
  noText: '回答中没有文字内容。',
  waiting: '正在等待第一个字……',
  answer: '回答',
  answerEmpty: '回答会在这里逐字显示。',
  thinking: '思考过程',
  answeredBy: '作答模型',
  decision: '分档依据',
  sources: {
    pinned: '已指定',
    tool_loop: '工具调用中',
    rule: '规则',
    classifier: '分类器',
    judge: '模型裁判',
    heuristic: '关键词与长度',
    fixed: '固定',
    fallback: '默认',
  },
  firstContent: '首字用时',
  total: '总用时',
  errors: {
    invalid_api_key: '网关密钥未填写或不正确。',
    network: '网关没有响应。',
  },

  command: '命令行调用',
  hello: '你好！',
  copy: '复制',
  copied: '已复制',
  files: '配置文件',
  metrics: 'Prometheus 指标',
  later: '本版本尚无管理后台（审计日志、统计、设置），请直接编辑 config.json。',
};

/** Puts a value into a text at "{time}". */
export function withTime(text: string, time: string): string {
  return text.replace('{time}', time);
}

export type Language = 'en' | 'zh';
export const languages: Record<Language, { name: string; messages: Messages }> = {
  en: { name: 'English', messages: en },
  zh: { name: '简体中文', messages: zh },
};

export function preferredLanguage(stored: string | null, browser: readonly string[]): Language {
  if (stored === 'en' || stored === 'zh') return stored;
  for (const tag of browser) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'zh' || language === 'en') return language;
  }
  return 'en';
}
