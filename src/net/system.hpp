// What both halves of a connection share. Private to net.
#pragma once

#include <sys/uio.h>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <span>

namespace gw::net {

/// Of an errno.
inline boost::system::error_code system_error(int number) {
  return {number, boost::system::system_category()};
}

/// Drops `bytes` from the front.
inline void advance(std::span<iovec>& pieces, std::size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().iov_len) {
    bytes -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) return;
  pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + bytes;
  pieces.front().iov_len -= bytes;
}

}  // namespace gw::net
