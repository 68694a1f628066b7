import { useCallback, useEffect, useReducer, useRef } from 'react';
import { ChatError, type ChatHead, streamChat } from './chat';

export interface Chat {
  phase: 'idle' | 'running' | 'done' | 'stopped' | 'failed';
  head?: ChatHead;
  text: string;
  thinking: string;
  error?: ChatError;
  firstMs?: number;
  totalMs?: number;
}

export type ChatAction =
  | { type: 'start' }
  | { type: 'head'; head: ChatHead }
  | { type: 'text' | 'thinking'; text: string; ms: number }
  | { type: 'end'; ms: number }
  | { type: 'stop' }
  | { type: 'fail'; error: ChatError };

export const noChat: Chat = { phase: 'idle', text: '', thinking: '' };

/** What is shown of an answer. Text that came before a failure or a stop stays. */
export function chatAfter(chat: Chat, action: ChatAction): Chat {
  switch (action.type) {
    case 'start':
      return { ...noChat, phase: 'running' };
    case 'head':
      return { ...chat, head: action.head };
    case 'text':
    case 'thinking':
      return { ...chat, [action.type]: chat[action.type] + action.text, firstMs: chat.firstMs ?? action.ms };
    case 'end':
      return { ...chat, phase: 'done', totalMs: action.ms };
    case 'stop':
      return { ...chat, phase: 'stopped' };
    case 'fail':
      return { ...chat, phase: 'failed', error: action.error };
  }
}

export function useChat() {
  const [chat, dispatch] = useReducer(chatAfter, noChat);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const send = useCallback(async (request: { key: string; model: string; prompt: string }) => {
    const abort = new AbortController();
    running.current = abort;
    const begun = performance.now();
    const ms = () => performance.now() - begun;
    dispatch({ type: 'start' });
    try {
      await streamChat(
        request,
        {
          onHead: (head) => dispatch({ type: 'head', head }),
          onText: (text) => dispatch({ type: 'text', text, ms: ms() }),
          onThinking: (text) => dispatch({ type: 'thinking', text, ms: ms() }),
        },
        abort.signal,
      );
      dispatch({ type: 'end', ms: ms() });
    } catch (failure) {
      if (abort.signal.aborted) dispatch({ type: 'stop' });
      else if (failure instanceof ChatError) dispatch({ type: 'fail', error: failure });
      else throw failure;
    }
  }, []);
  const stop = useCallback(() => running.current?.abort(), []);
  return { chat, send, stop };
}
