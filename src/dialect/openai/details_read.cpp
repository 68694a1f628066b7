// Facts: OpenRouter's documentation, "Reasoning Tokens", section on preserving reasoning blocks.
#include "dialect/openai/request_read.hpp"

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

struct Detail {
  Raw type;
  Raw id;
  Raw text;
  Raw proof;
  Raw data;
  JsonText index;
};

// A client that put a stream's deltas one behind the other sends a block in pieces.
class Blocks {
 public:
  Blocks(Reading& reading, Details& out) : reading_(reading), out_(out) {}

  void add(const Detail& detail);
  void close();

 private:
  void begin(const Detail& detail);

  Reading& reading_;
  Details& out_;
  bool is_open_ = false;
  Detail first_;
  std::string text_;
  Raw proof_;
};

void Blocks::begin(const Detail& detail) {
  close();
  is_open_ = true;
  first_ = detail;
}

void Blocks::add(const Detail& detail) {
  if (says(detail.type, "reasoning.encrypted")) {
    if (detail.data.empty()) return;
    // Of an item that showed a summary, or by itself.
    if (is_open_ && proof_.empty() && !detail.id.empty() && detail.id == first_.id) {
      proof_ = detail.data;
      return;
    }
    close();
    if (!detail.id.empty()) {
      out_.of_calls.push_back({detail.id, detail.data});
      return;
    }
    Part& part = out_.parts.emplace_back();
    part.kind = Part::Kind::reasoning;
    part.proof = detail.data;
    part.is_sealed = true;
    return;
  }
  const bool goes_on = is_open_ && proof_.empty() && detail.index == first_.index && !detail.index.empty() &&
                       (detail.id.empty() || first_.id.empty() || detail.id == first_.id);
  const bool is_signature_only = is_open_ && proof_.empty() && detail.text.empty() && !detail.proof.empty();
  if (!goes_on && !is_signature_only) begin(detail);
  text_.append(detail.text);
  if (!detail.proof.empty()) proof_ = detail.proof;
  if (first_.id.empty()) first_.id = detail.id;
}

void Blocks::close() {
  if (!is_open_) return;
  is_open_ = false;
  if (!text_.empty() || !proof_.empty()) {
    Part& part = out_.parts.emplace_back();
    part.kind = Part::Kind::reasoning;
    part.id = first_.id;
    part.proof = proof_;
    out_.has_text = out_.has_text || !text_.empty();
    part.text = reading_.keep(std::move(text_));
  }
  text_.clear();
  proof_ = {};
}

}  // namespace

bool read_details(od::value& value, const Path& at, Reading& reading, Details& out) {
  if (!reading.is_array(value, at)) return false;
  Blocks blocks(reading, out);
  std::size_t index = 0;
  const bool good = each_element(value, [&](od::value& item) {
    const Path here{&at, {}, index++};
    if (!reading.is_object(item, here)) return false;
    Detail detail;
    const bool read = each_member(item, [&](std::string_view key, od::value& member) {
      const Path field{&here, key};
      if (key == "type") return reading.text(member, field, detail.type);
      if (key == "id") return reading.text(member, field, detail.id);
      if (key == "text" || key == "summary") return reading.text(member, field, detail.text);
      if (key == "signature") return reading.text(member, field, detail.proof);
      if (key == "data") return reading.text(member, field, detail.data);
      if (key == "index") detail.index = token_of(member);
      return true;
    });
    if (!read) return false;
    blocks.add(detail);
    return true;
  });
  blocks.close();
  return good;
}

}  // namespace gw::dialect::openai
