#include "dialect/cuts.hpp"

#include <algorithm>

namespace gw::dialect {

void Cuts::List::stays(std::string_view element) {
  if (first_gone_ != nullptr) cuts_.add(first_gone_, element.data());
  first_gone_ = nullptr;
  has_kept_ = true;
  end_ = element.data() + element.size();
}

void Cuts::List::goes(std::string_view element) {
  const char* const end = element.data() + element.size();
  if (has_kept_) {
    cuts_.add(end_, end);
  } else if (first_gone_ == nullptr) {
    first_gone_ = element.data();
  }
  end_ = end;
}

void Cuts::List::end() {
  if (first_gone_ != nullptr) cuts_.add(first_gone_, end_);
  first_gone_ = nullptr;
}

void Cuts::add(const char* begin, const char* end) {
  ranges_.push_back({static_cast<std::size_t>(begin - text_.data()), static_cast<std::size_t>(end - text_.data())});
}

std::string Cuts::rest(std::size_t padding) {
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::string out;
  out.reserve(text_.size() + padding);
  std::size_t at = 0;
  for (const Range& range : ranges_) {
    out.append(text_.substr(at, range.begin - at));
    at = range.end;
  }
  return out.append(text_.substr(at));
}

}  // namespace gw::dialect
