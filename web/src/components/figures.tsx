import { formatCount, formatNumber, formatShare } from '../format';
import type { Language, Messages } from '../i18n';
import type { Status } from '../status';

interface FigureProps {
  name: string;
  value: number;
  note?: string;
  language: Language;
}

function Figure({ name, value, note, language }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={formatNumber(value, language)}>
        {formatCount(value, language)} {note && <span className="note">{note}</span>}
      </dd>
    </div>
  );
}

export function Figures({ status, t, language }: { status: Status; t: Messages; language: Language }) {
  const { totals } = status;
  const share = totals.chat_failures > 0 ? formatShare(totals.chat_failures, totals.chat_requests, language) : '';
  return (
    <section className="panel figures" aria-label={t.sinceStart}>
      <div>
        <h2>{t.sinceStart}</h2>
        <dl>
          <Figure name={t.requests} value={totals.chat_requests} language={language} />
          <Figure name={t.failures} value={totals.chat_failures} note={share} language={language} />
          <Figure name={t.promptTokens} value={totals.prompt_tokens} language={language} />
          <Figure name={t.completionTokens} value={totals.completion_tokens} language={language} />
        </dl>
      </div>
      <div>
        <h2>{t.now}</h2>
        <dl>
          <Figure name={t.inFlight} value={totals.in_flight} language={language} />
          <Figure name={t.streams} value={totals.streams} language={language} />
          <Figure name={t.connections} value={totals.connections} language={language} />
        </dl>
      </div>
    </section>
  );
}
