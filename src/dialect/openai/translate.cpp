#include "dialect/openai/translate.hpp"

namespace gw::dialect::openai {

Result<Written> write_chat(const Conversation&, const WriteInput&) {
  return upstream_error(Errc::unsupported_input, "not written yet");
}

void Teller::chunk(std::string_view, EventSink&) {}

void Teller::reply(std::string_view, EventSink&) {}

}  // namespace gw::dialect::openai
