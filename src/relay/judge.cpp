#include "relay/judge.hpp"

namespace gw::relay {
namespace {

Error keyword_error(std::string_view keyword) {
  return upstream_error(Errc::rate_limited, "the answer is the provider's notice: \"" + std::string(keyword) + "\"");
}

Error filter_error() {
  return upstream_error(Errc::content_policy, "the provider's content filter left nothing of the answer");
}

Error empty_error() {
  return upstream_error(Errc::upstream_empty, "the provider's answer is empty");
}

}  // namespace

StreamJudge::Step StreamJudge::fail_or_interrupt(Error error) {
  error_ = std::make_unique<const Error>(std::move(error));
  return committed_ ? Step::interrupt : Step::fail;
}

// A notice is text alone: an answer that calls tools or has reasoned is none.
bool StreamJudge::holds_for_keyword(std::string_view text) {
  if (beside_text_) return false;
  if (early_text_.size() <= rules_.keyword_max_chars) early_text_.append(text);
  return early_text_.size() <= rules_.keyword_max_chars && rules_.keyword_in(early_text_).has_value();
}

StreamJudge::Step StreamJudge::on_event(const dialect::Meaning& meaning) {
  if (meaning.usage) {
    if (usage_) {
      usage_->merge(*meaning.usage);
    } else {
      usage_ = meaning.usage;
    }
  }
  if (meaning.error) return fail_or_interrupt(*meaning.error);
  if (meaning.terminator) {
    if (!committed_) return on_end();
    if (!finished_ && !content_) return on_end();
    finished_ = true;
    return Step::complete;
  }
  content_ = content_ || meaning.content;
  beside_text_ = beside_text_ || meaning.bytes > meaning.text.size();
  if (meaning.content) tokens_ += 1 + meaning.bytes / 4;
  finished_ = !meaning.is_open && (finished_ || meaning.finished);
  finished_choices_ = std::max({finished_choices_, meaning.finished_choices, meaning.finished ? 1U : 0U});
  if (meaning.usage_only && rules_.strip_usage) return Step::drop;
  if (committed_) return Step::forward;

  if (finished_ && !content_ && rules_.retry_on_empty) {
    return fail_or_interrupt(meaning.filtered ? filter_error() : empty_error());
  }
  if (!content_ && !finished_) return Step::hold;
  const bool suspicious = holds_for_keyword(meaning.text);
  if (suspicious && finished_) return fail_or_interrupt(keyword_error(*rules_.keyword_in(early_text_)));
  if (suspicious) return Step::hold;
  committed_ = true;
  return Step::forward;
}

StreamJudge::Step StreamJudge::on_end() {
  if (finished_ && committed_) return Step::complete;
  if (committed_) {
    return fail_or_interrupt(upstream_error(Errc::interrupted, "the provider's stream ended without a finish reason"));
  }
  if (content_ && !beside_text_ && rules_.keyword_in(early_text_)) {
    return fail_or_interrupt(keyword_error(*rules_.keyword_in(early_text_)));
  }
  return fail_or_interrupt(empty_error());
}

StreamJudge::Step StreamJudge::on_failure(Error error) {
  if (finished() && committed_) return Step::complete;
  return fail_or_interrupt(std::move(error));
}

std::optional<Error> judge_plain(const dialect::ReplyFacts& facts, const JudgeRules& rules) {
  if (!facts.has_content) {
    if (rules.retry_on_empty) return facts.filtered ? filter_error() : empty_error();
    return std::nullopt;
  }
  const bool is_text_alone = facts.bytes <= facts.text.size();
  if (is_text_alone && facts.text.size() <= rules.keyword_max_chars) {
    if (const auto keyword = rules.keyword_in(facts.text)) return keyword_error(*keyword);
  }
  return std::nullopt;
}

}  // namespace gw::relay
