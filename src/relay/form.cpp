#include "relay/form.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <string>

namespace gw::relay {
namespace {

constexpr std::string_view line_end = "\r\n";

// The length of what stands before the next `end` that is not in a quoted string.
std::size_t until(std::string_view text, char end) noexcept {
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && text[i] == end) {
      return i;
    }
  }
  return text.size();
}

// Walks the parts of a form that may be cut anywhere.
class Parts {
 public:
  Parts(std::string_view body, std::string_view boundary) : body_(body), delimiter_("\r\n--" + std::string(boundary)) {
    const std::string_view first = std::string_view(delimiter_).substr(line_end.size());  // may begin the body
    behind_ = body_.starts_with(first) && ends_at(first.size()) ? first.size() : behind(delimiter_at(0));
  }

  // The next part whose head and content are there in full.
  bool next() {
    if (behind_ == none || body_.substr(behind_, 2) == "--") return false;
    const std::size_t line = body_.find(line_end, behind_);
    if (line == none) return false;
    const std::size_t head_end = body_.find("\r\n\r\n", line);  // without headers it is the delimiter's own line end
    if (head_end == none) return false;
    head_ = head_end == line ? std::string_view{} : body_.substr(line + 2, head_end - line - 2);
    content_.offset = head_end + 4;
    const std::size_t end = delimiter_at(head_end + 2);
    if (end == none) return false;
    content_.length = end > content_.offset ? end - content_.offset : 0;
    behind_ = behind(end);
    return true;
  }

  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    for (std::string_view rest = head_; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find(line_end));
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos && iequals(line.substr(0, colon), name))
        return trim_ows(line.substr(colon + 1));
      rest.remove_prefix(std::min(rest.size(), line.size() + line_end.size()));
    }
    return {};
  }

  [[nodiscard]] chat::Span content() const noexcept { return content_; }

 private:
  static constexpr std::size_t none = std::string_view::npos;

  // "--ab" is no delimiter for the boundary "a".
  [[nodiscard]] bool ends_at(std::size_t end) const noexcept {
    constexpr std::string_view may_follow = "\r \t-";
    return end < body_.size() && may_follow.find(body_[end]) != none;
  }

  // Where the next delimiter begins, its line end included.
  [[nodiscard]] std::size_t delimiter_at(std::size_t from) const noexcept {
    for (std::size_t at = body_.find(delimiter_, from); at != none; at = body_.find(delimiter_, at + 1)) {
      if (ends_at(at + delimiter_.size())) return at;
    }
    return none;
  }

  [[nodiscard]] std::size_t behind(std::size_t delimiter) const noexcept {
    return delimiter == none ? none : delimiter + delimiter_.size();
  }

  std::string_view body_;
  std::string delimiter_;
  std::size_t behind_ = 0;  // the last delimiter
  std::string_view head_;
  chat::Span content_;
};

}  // namespace

std::string_view parameter(std::string_view field, std::string_view name) noexcept {
  for (std::string_view rest = field.substr(until(field, ';')); !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view one = rest.substr(0, until(rest, ';'));
    rest.remove_prefix(one.size());
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos || !iequals(trim_ows(one.substr(0, equals)), name)) continue;
    std::string_view value = trim_ows(one.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

Result<std::optional<chat::Span>> field_of_form(
    std::string_view body, std::string_view boundary, std::string_view name
) {
  std::optional<chat::Span> found;
  Parts parts(body, boundary);
  while (parts.next()) {
    const std::string_view disposition = parts.header("content-disposition");
    if (parameter(disposition, "name") != name || parameter(disposition, "filename").data() != nullptr) continue;
    if (found) {
      return client_error(
          Errc::invalid_request, "the form has the field " + std::string(name) + " twice", std::string(name)
      );
    }
    found = parts.content();
  }
  return found;
}

}  // namespace gw::relay
