// OpenAI's embeddings. What is embedded decides nothing: it is checked, and no message.
#include "chat/reader.hpp"

#include <array>

namespace gw::chat {
namespace {

constexpr std::array<std::string_view, 4> known_fields{"model", "input", "user", "stream"};

class EmbeddingsReader final : public Reader {
 public:
  explicit EmbeddingsReader(std::string_view body) : Reader(body, "input", known_fields) {}

  Result<ChatRequest> read_request();

 private:
  bool take_field(std::string_view key, od::value& value) override;
};

bool EmbeddingsReader::take_field(std::string_view key, od::value& value) {
  if (key == "model") return read_model(value);
  if (key == "stream") return fail("'stream' is nothing that embeddings have; leave it out.", "stream");
  if (key == "user") return read_raw_string(value, key, out_.user);
  if (key != "input") return skip(value, 2);
  std::uint32_t texts = 0;
  return each_text(value, "input", texts, [&](std::string_view text) {
    out_.text_bytes += text.size();
    return check_text(text);
  });
}

Result<ChatRequest> EmbeddingsReader::read_request() {
  Result<ChatRequest> request = Reader::read();
  if (!request || !request->model.empty()) return request;
  return client_error(
      Errc::invalid_request,
      "'model' is missing: an embedding is of one model, whose name the request must say.",
      "model"
  );
}

}  // namespace

Result<ChatRequest> read_embeddings(std::string_view body) {
  return EmbeddingsReader(body).read_request();
}

}  // namespace gw::chat
