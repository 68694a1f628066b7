// Small files read and written whole. Any thread; blocks, so never on a shard. Errors: Errc::io, naming the file.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace gw {

/// The content of a file. A folder, and a file of more than `max_bytes`, is an error, not an empty text.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes to a temporary file beside `path`, fsync, rename, fsync of the folder. Mode 0600.
[[nodiscard]] Result<void> write_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace gw
