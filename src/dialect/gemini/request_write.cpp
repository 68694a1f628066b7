#include "dialect/gemini/request_write.hpp"

#include <algorithm>

namespace gw::dialect::gemini {

void Dropped::operator()(std::string_view name) {
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.emplace_back(name);
}

Error unsupported(std::string message, std::string param) {
  Error error = upstream_error(Errc::unsupported_input, "gemini: " + std::move(message));
  error.param = std::move(param);
  return error;
}

Result<Written> write_request(const Conversation& conversation, const WriteInput& input) {
  Written written;
  Dropped dropped;
  JsonWriter out(written.body);
  out.begin_object();
  if (auto done = write_contents(out, conversation, generation_of(input.model), dropped); !done) return done.error();
  if (auto done = write_settings(out, conversation, input, dropped); !done) return done.error();
  out.end_object();
  written.dropped = dropped.take();
  return written;
}

}  // namespace gw::dialect::gemini
