#include "relay/translation.hpp"

#include "base/clock.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace gw::relay {
namespace {

constexpr std::size_t max_dropped_header = 1000;
constexpr std::size_t max_kept = std::size_t{256} * 1024;  // of memory, after a rare large event

// Member paths as a header's list. What a client chose to name a field is no header text: those are left out.
std::string header_of(const std::vector<std::string>& left_out, const std::vector<std::string>& dropped) {
  std::string out;
  for (const auto* const list : {&left_out, &dropped}) {
    for (const std::string& path : *list) {
      if (!is_printable_ascii(path) || path.find(',') != std::string::npos) continue;
      if (out.size() + path.size() > max_dropped_header) return out + ", ...";
      if (!out.empty()) out.append(", ");
      out.append(path);
    }
  }
  return out;
}

}  // namespace

bool speaks_alike(const Context& context, const config::Provider& provider) noexcept {
  const config::Protocol spoken =
      provider.protocol == config::Protocol::demo ? config::Protocol::openai : provider.protocol;
  if (context.client.own() != spoken) return false;
  if (context.client.operation() != dialect::Operation::completions) return true;
  return provider.protocol == config::Protocol::openai && provider.completions == config::Completions::native;
}

std::optional<Error> Translation::write(const dialect::Dialect& dialect, bool injects_usage) {
  // The operator's parameters speak of the client's request: the provider's dialect says them in its own way.
  const Context::Wording wording = context_.wording(candidate_);
  std::string_view body = wording.body;
  std::string ruled;
  const bool has_rules = dialect::takes_parameters(context_.client.operation());
  chat::SpliceInput splice;
  splice.model = candidate_.model;
  if (has_rules) splice.rules = context_.config->params.of(candidate_.model, context_.client.own());
  if (splice.rules != nullptr) {
    ruled = chat::splice(wording.body, wording.request, splice).joined();
    const std::size_t size = ruled.size();
    ruled.append(chat::padding, '\0');
    body = std::string_view(ruled).substr(0, size);
  }
  dialect::Keep keep;
  const Result<dialect::Conversation> conversation = context_.client.conversation(body, keep);
  if (!conversation) return conversation.error();
  const dialect::WriteInput input{candidate_.model, *candidate_.provider, candidate_.max_output, injects_usage};
  Result<dialect::Written> written = dialect.write(*conversation, input);
  if (!written) return written.error();
  dropped_ = header_of(conversation->left_out, written->dropped);

  request_ = std::make_unique<Outgoing>();
  request_->written = std::move(written->body);
  request_->body.pieces.emplace_back(request_->written);
  request_->body.size = request_->written.size();
  return std::nullopt;
}

void Translation::begin_answer() {
  request_.reset();
  dialect::AnswerHead head;
  head.id = context_.id.text();
  head.model = candidate_.display_name;
  head.created = static_cast<std::uint64_t>(unix_seconds());
  head.wants_usage = context_.request->include_usage.value_or(false);
  writer_ = context_.is_stream ? context_.client.stream(head, said_) : context_.client.plain(head, said_);
  telling_.emplace(*writer_);
  if (context_.is_stream) instalments_ = dynamic_cast<dialect::Instalments*>(writer_.get());
  if (instalments_ != nullptr) instalments_->allow();
}

// What a large event or an end comes to is handed over, not copied.
void Translation::said(std::string& out) {
  if (out.empty()) {
    out.swap(said_);
  } else {
    out.append(said_);
  }
  said_.clear();
  if (said_.capacity() > max_kept) std::string{}.swap(said_);
}

bool Translation::more(std::string& out) {
  if (instalments_ == nullptr || !instalments_->owes()) return false;
  std::string{}.swap(out);
  instalments_->next();
  out.swap(said_);
  return true;
}

void Translation::end() {
  writer_->end();
}

}  // namespace gw::relay
