// A body that is accepted is accepted again after the splice, with the model changed and the messages as they were.
#include "chat/splice.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace gw::chat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.append(padding, '\0');
  const std::string_view body = std::string_view(bytes).substr(0, size);
  const auto request = read(body);
  if (!request) return 0;
  for (const Message& message : request->messages) {
    for (const Span& span : message.text) (void)unescape(body.substr(span.offset, span.length));
  }
  SpliceInput input;
  input.model = "up\"stream";
  input.inject_usage = true;
  input.defaults = {{"temperature", "0.5"}};
  input.forced = {{"seed", "[1]"}};
  std::string out = splice(body, *request, input).joined();
  const std::size_t length = out.size();
  out.append(padding, '\0');
  const auto again = read(std::string_view(out).substr(0, length));
  if (!again || again->model != "up\"stream" || again->messages.size() != request->messages.size()) std::abort();
  if (!again->include_usage.has_value() || again->find("seed") == nullptr || again->find("temperature") == nullptr) {
    std::abort();
  }
  return 0;
}
