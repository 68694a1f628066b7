#include "dialect/openai/parts_read.hpp"

#include "base/text.hpp"
#include "dialect/openai/request_read.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

struct AudioFormat {
  std::string_view name;
  std::string_view media_type;
};

// The first of a name or a type counts. OpenAI takes wav and mp3, others more.
constexpr auto audio_formats = std::to_array<AudioFormat>({
    {"wav", "audio/wav"},
    {"mp3", "audio/mpeg"},
    {"wav", "audio/x-wav"},
    {"wav", "audio/wave"},
    {"mp3", "audio/mp3"},
    {"flac", "audio/flac"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/opus"},
    {"aac", "audio/aac"},
    {"m4a", "audio/mp4"},
    {"aiff", "audio/aiff"},
    {"pcm16", "audio/pcm"},
});

// The value of each digit of base64; 64 for what is none.
constexpr std::array<std::uint8_t, 256> base64_digits = [] {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> out{};
  for (std::uint8_t& digit : out) digit = 64;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    out.at(static_cast<unsigned char>(alphabet[i])) = static_cast<std::uint8_t>(i);
  }
  return out;
}();

// What a part holds, its members being in any order.
struct Gathered {
  Raw type;
  Raw text;
  Raw url;
  Raw detail;
  Raw data;
  Raw format;
  Raw media_type;
  Raw file_id;
  Raw file_name;
  Raw thinking;
  bool has_text = false;
  JsonText cache_control;
};

class PartReader {
 public:
  PartReader(Reading& reading, std::vector<Part>& out) : reading_(reading), out_(out) {}

  bool read(od::value& value, const Path& at);

 private:
  bool gather(std::string_view key, od::value& value, const Path& at, Gathered& part);
  bool gather_inner(od::value& value, const Path& at, Gathered& part);
  bool gather_thinking(od::value& value, const Path& at, Gathered& part);
  bool take(const Gathered& part, const Path& at);
  bool take_image(const Gathered& part, const Path& at);
  bool take_audio(const Gathered& part, const Path& at);
  bool take_file(const Gathered& part, const Path& at);

  Part& add(Part::Kind kind, const Gathered& part) {
    Part& out = out_.emplace_back();
    out.kind = kind;
    out.cache_control = part.cache_control;
    return out;
  }

  Reading& reading_;
  std::vector<Part>& out_;
};

bool PartReader::read(od::value& value, const Path& at) {
  if (!reading_.is_object(value, at)) return false;
  Gathered part;
  const bool good = each_member(value, [&](std::string_view key, od::value& member) {
    return is_null(member) || gather(key, member, Path{&at, key}, part);
  });
  return good && take(part, at);
}

bool PartReader::gather(std::string_view key, od::value& value, const Path& at, Gathered& part) {
  if (key == "type") return reading_.text(value, at, part.type);
  if (key == "text" || key == "refusal") {
    part.has_text = true;
    return reading_.text(value, at, part.text);
  }
  if (key == "cache_control") {
    part.cache_control = whole(value);
    return true;
  }
  if (key == "image_url") {  // an object; a text as in Responses is understood
    if (token_of(value).starts_with('"')) return reading_.text(value, at, part.url);
    return reading_.is_object(value, at) && gather_inner(value, at, part);
  }
  if (key == "input_audio" || key == "file" || key == "source") {
    return reading_.is_object(value, at) && gather_inner(value, at, part);
  }
  if (key == "detail") return reading_.text(value, at, part.detail);
  if (key == "thinking") return gather_thinking(value, at, part);
  reading_.leave_out(at);
  return true;
}

bool PartReader::gather_inner(od::value& value, const Path& at, Gathered& part) {
  return each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "url") return reading_.text(member, here, part.url);
    if (key == "detail") return reading_.text(member, here, part.detail);
    if (key == "data" || key == "file_data") return reading_.text(member, here, part.data);
    if (key == "format") return reading_.text(member, here, part.format);
    if (key == "file_id") return reading_.text(member, here, part.file_id);
    if (key == "filename") return reading_.text(member, here, part.file_name);
    if (key == "media_type") return reading_.text(member, here, part.media_type);
    if (key != "type" && !is_null(member)) reading_.leave_out(here);
    return true;
  });
}

// A text, or a list of text parts.
bool PartReader::gather_thinking(od::value& value, const Path& at, Gathered& part) {
  if (!token_of(value).starts_with('[')) return reading_.text(value, at, part.thinking);
  std::string joined;
  std::size_t index = 0;
  const bool good = each_element(value, [&](od::value& item) {
    const Path here{&at, {}, index++};
    if (!reading_.is_object(item, here)) return false;
    return each_member(item, [&](std::string_view key, od::value& member) {
      Raw text;
      if (key != "text" || !reading_.text(member, Path{&here, key}, text)) return key != "text";
      joined.append(text);
      return true;
    });
  });
  part.thinking = reading_.keep(std::move(joined));
  return good;
}

bool PartReader::take(const Gathered& part, const Path& at) {
  const auto is = [&](std::string_view type) { return says(part.type, type); };
  if (is("text") || is("input_text") || is("output_text")) {
    if (!part.has_text) return reading_.fail(Path{&at, "text"}, "a string");
    if (!part.text.empty()) add(Part::Kind::text, part).text = part.text;
    return true;
  }
  if (is("image_url") || is("image") || is("input_image")) return take_image(part, at);
  if (is("input_audio")) return take_audio(part, at);
  if (is("file")) return take_file(part, at);
  if (is("refusal")) {
    if (!part.text.empty()) add(Part::Kind::refusal, part).text = part.text;
    return true;
  }
  if (is("thinking")) {
    if (!part.thinking.empty()) add(Part::Kind::reasoning, part).text = part.thinking;
    return true;
  }
  reading_.leave_out(at);
  return true;
}

bool PartReader::take_image(const Gathered& part, const Path& at) {
  if (part.url.empty() && part.data.empty()) return reading_.fail(Path{&at, "image_url"}, "an object with a url");
  Part& out = add(Part::Kind::image, part);
  out.detail = part.detail;
  if (!part.data.empty()) {  // Anthropic's source
    out.media_type = part.media_type;
    out.data = part.data;
    return true;
  }
  if (const auto inline_data = data_url(part.url)) {
    out.media_type = inline_data->media_type;
    out.data = inline_data->data;
  } else {
    out.url = part.url;
  }
  return true;
}

bool PartReader::take_audio(const Gathered& part, const Path& at) {
  const std::string_view media_type = audio_media_type(part.format);
  if (part.data.empty() || media_type.empty()) {
    return reading_.fail(Path{&at, "input_audio"}, "an object with data and a known format");
  }
  Part& out = add(Part::Kind::audio, part);
  out.media_type = media_type;
  out.data = part.data;
  return true;
}

bool PartReader::take_file(const Gathered& part, const Path& at) {
  if (part.data.empty() && part.file_id.empty()) return reading_.fail(Path{&at, "file"}, "an object with file_data");
  Part& out = add(Part::Kind::file, part);
  out.name = part.file_name;
  out.file_id = part.file_id;
  if (part.data.empty()) return true;
  const auto inline_data = data_url(part.data);
  if (!inline_data) {
    if (part.data.starts_with("http:") || part.data.starts_with("https:")) {  // OpenRouter's
      out.url = part.data;
      return true;
    }
    out.media_type = "application/pdf";  // what OpenAI takes, and what nearly all are
    out.data = part.data;
    return true;
  }
  out.media_type = inline_data->media_type;
  out.data = inline_data->data;
  if (!says(inline_data->media_type, "text/plain")) return true;
  const auto text = from_base64(from_raw(inline_data->data));
  if (!text) return reading_.fail(Path{&at, "file"}, "base64 that can be read");
  out.data = reading_.keep(to_raw(*text));
  return true;
}

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '=') continue;
    const std::uint8_t digit = base64_digits.at(static_cast<unsigned char>(c));
    if (digit == 64) return std::nullopt;
    bits = (bits << 6U) | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<char>((bits >> held) & 0xFFU));
  }
  return out;
}

std::string_view audio_media_type(Raw format) noexcept {
  for (const AudioFormat& known : audio_formats) {
    if (iequals(format, known.name)) return known.media_type;
  }
  return {};
}

std::string_view audio_format(Raw media_type) {
  const std::string plain = from_raw(media_type);
  for (const AudioFormat& known : audio_formats) {
    if (iequals(plain, known.media_type)) return known.name;
  }
  return {};
}

bool read_content(od::value& value, const Path& at, Reading& reading, std::vector<Part>& out) {
  if (token_of(value).starts_with('"')) {
    Raw text;
    if (!reading.text(value, at, text)) return false;
    if (!text.empty()) out.emplace_back().text = text;
    return true;
  }
  if (!token_of(value).starts_with('[')) return reading.fail(at, "a string or an array of parts");
  std::size_t index = 0;
  return each_element(value, [&](od::value& item) {
    return PartReader(reading, out).read(item, Path{&at, {}, index++});
  });
}

}  // namespace gw::dialect::openai
