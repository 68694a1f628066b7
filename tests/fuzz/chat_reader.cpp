// A body that is accepted is accepted again after the splice, with the model changed and the messages as they were, and
// with the parameters that the rules leave. Rules run over their own output change nothing more.
#include "chat/splice.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace gw::chat;

namespace {

// Readable for `padding` bytes behind its end.
struct Padded {
  explicit Padded(std::string text) : size(text.size()), bytes(std::move(text)) { bytes.append(padding, '\0'); }

  [[nodiscard]] std::string_view view() const { return std::string_view(bytes).substr(0, size); }

  std::size_t size;
  std::string bytes;
};

void require(bool holds) {
  if (!holds) std::abort();
}

gw::Result<ChatRequest> read_again(const Padded& body, std::size_t messages) {
  gw::Result<ChatRequest> request = read(body.view());
  require(request.has_value());
  require(request->model == "up\"stream");
  require(request->messages.size() == messages);
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Padded body(std::string(reinterpret_cast<const char*>(data), size));
  const auto request = read(body.view());
  if (!request) return 0;
  for (const Message& message : request->messages) {
    for (const Span& span : message.text) (void)unescape(body.view().substr(span.offset, span.length));
  }
  SpliceInput input;
  input.model = "up\"stream";
  input.inject_usage = true;
  (void)read_again(Padded(splice(body.view(), *request, input).joined()), request->messages.size());

  gw::config::ParameterRules rules;
  rules.renamed = {{"max_tokens", "max_completion_tokens"}, {"b", "\"c"}};
  rules.defaults = {{"temperature", "0.5"}};
  rules.forced = {{"seed", "[1]"}, {"\"c", "{}"}};
  rules.dropped = {"n", "user", "x"};
  input.rules = &rules;
  const Padded once(splice(body.view(), *request, input).joined());
  const auto changed = read_again(once, request->messages.size());
  require(changed->include_usage.has_value());
  for (const char* const key : {"seed", "\"c", "temperature"}) require(changed->find(key) != nullptr);
  for (const char* const key : {"max_tokens", "b", "n", "user", "x"}) require(changed->find(key) == nullptr);
  require(splice(once.view(), *changed, input).joined() == once.view());
  return 0;
}
