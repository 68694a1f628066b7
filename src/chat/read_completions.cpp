// OpenAI's older completions: the prompt as the one message of a user.
#include "chat/reader.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace gw::chat {
namespace {

constexpr std::uint32_t max_choices = 128;
constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();

constexpr std::array<std::string_view, 7> known_fields{
    "model", "stream", "stream_options", "prompt", "n", "max_tokens", "user"};

class CompletionsReader final : public Reader {
 public:
  explicit CompletionsReader(std::string_view body) : Reader(body, "prompt", known_fields) {}

  Result<ChatRequest> read_request();

 private:
  bool take_field(std::string_view key, od::value& value) override;
  bool read_prompt(od::value& value);
  bool read_n(od::value& value);

  std::uint32_t prompts_ = 1;
};

bool CompletionsReader::read_prompt(od::value& value) {
  Message message;
  message.role = Role::user;
  const bool is_read = each_text(value, "prompt", prompts_, [&](std::string_view text) {
    message.text.push_back(span_of(text));
    return check_text(text);
  });
  if (is_read) add_message(std::move(message));
  return is_read;
}

bool CompletionsReader::read_n(od::value& value) {
  std::optional<std::uint64_t> count;
  if (!read_count(value, "n", max_choices, count)) return false;
  if (count) out_.n = static_cast<std::uint32_t>(*count);
  return true;
}

bool CompletionsReader::take_field(std::string_view key, od::value& value) {
  if (key == "model") return read_model(value);
  if (key == "stream") return read_stream(value);
  if (key == "stream_options") return read_stream_options(value);
  if (key == "prompt") return read_prompt(value);
  if (key == "n") return read_n(value);
  if (key == "max_tokens") return read_count(value, key, most, out_.max_tokens);
  if (key == "user") return read_raw_string(value, key, out_.user);
  return skip(value, 2);
}

// Each prompt has its answers.
Result<ChatRequest> CompletionsReader::read_request() {
  Result<ChatRequest> request = Reader::read();
  if (request) request->n = static_cast<std::uint32_t>(std::min(most, std::uint64_t{request->n} * prompts_));
  return request;
}

}  // namespace

Result<ChatRequest> read_completions(std::string_view body) {
  return CompletionsReader(body).read_request();
}

}  // namespace gw::chat
