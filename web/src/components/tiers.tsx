import { formatNumber, formatShare } from '../format';
import type { Language, Messages } from '../i18n';
import { type ModelStatus, type Status, type TierStatus, isRouted } from '../status';

function Model({ model, t }: { model: ModelStatus; t: Messages }) {
  return (
    <li>
      <span className="name">{model.model}</span>{' '}
      {model.protocol === 'demo' ? (
        <span className="tag">{t.demo.tag}</span>
      ) : (
        <span className="muted">{model.provider}</span>
      )}
      {!isRouted(model) && (
        <span className="tag">
          {model.protocol} · {t.leftOut}
        </span>
      )}
    </li>
  );
}

interface RowProps {
  tier: TierStatus;
  count: number;
  all: number;
  t: Messages;
  language: Language;
}

function Row({ tier, count, all, t, language }: RowProps) {
  const share = formatShare(count, all, language);
  return (
    <tr>
      <th scope="row">
        {tier.tier} <span className="muted">{t.tierNames[tier.tier]}</span>
      </th>
      <td>
        {tier.models.length === 0 ? (
          <span className="muted">{t.noModels}</span>
        ) : (
          <ol className="models">
            {tier.models.map((model) => (
              <Model key={model.id} model={model} t={t} />
            ))}
          </ol>
        )}
      </td>
      <td className="number">
        {formatNumber(count, language)} {share !== '' && <span className="note">{share}</span>}
        <span className="bar" aria-hidden="true">
          <span style={{ width: `${all === 0 ? 0 : (100 * count) / all}%` }} />
        </span>
      </td>
    </tr>
  );
}

export function Tiers({ status, t, language }: { status: Status; t: Messages; language: Language }) {
  const counts = status.totals.by_tier;
  const all = counts.t1 + counts.t2 + counts.t3;
  return (
    <section className="panel" aria-labelledby="tiers-title">
      <div className="panel-head">
        <h2 id="tiers-title">{t.tiers}</h2>
        <p>
          <span className="muted">{t.modes.label}</span> {t.modes[status.router_mode]}
        </p>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.columns.tier}</th>
            <th scope="col">{t.columns.models}</th>
            <th scope="col" className="number">
              {t.columns.requests}
            </th>
          </tr>
        </thead>
        <tbody>
          {status.tiers.map((tier) => (
            <Row key={tier.tier} tier={tier} count={counts[tier.tier]} all={all} t={t} language={language} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
