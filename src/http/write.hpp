// Small pieces of HTTP/1.1 output: status lines, header lines that cannot be injected into, chunk heads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gw::http {

/// "HTTP/1.1 200 OK\r\n"; an unknown status gets an empty reason phrase (RFC 9112 section 4 allows it).
[[nodiscard]] std::string_view status_line(int status);

/// "Name: value\r\n". CR, LF and NUL in the value are left out: a value can never become a header (CVE-2023-26138 and
/// kin). `name` is ours.
void append_header(std::string& out, std::string_view name, std::string_view value);

/// Writes "<hex size>\r\n" to `out` (at least 18 bytes) and returns its length.
[[nodiscard]] std::size_t append_chunk_head(char* out, std::size_t size) noexcept;

}  // namespace gw::http
