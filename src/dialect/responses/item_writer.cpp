#include "dialect/responses/item_writer.hpp"

#include "dialect/responses/extras.hpp"
#include "dialect/responses/names.hpp"

#include <algorithm>

namespace gw::dialect::responses {
namespace {

std::string_view prefix_of(const AnswerItem& item) {
  switch (item.kind) {
    case AnswerItem::Kind::message:
      return "msg_";
    case AnswerItem::Kind::reasoning:
      return "rs_";
    case AnswerItem::Kind::call:
      return item.is_custom ? "ctc_" : "fc_";
  }
  return {};
}

void add_to_list(std::string& list, std::string_view json) {
  if (!list.empty()) list.push_back(',');
  list.append(json);
}

// Why the answer is not whole; empty when it is.
std::string_view reason_of(Finish finish) {
  switch (finish) {
    case Finish::length:
      return "max_output_tokens";
    case Finish::content_filter:
    case Finish::refusal:
      return "content_filter";
    case Finish::stop:
    case Finish::tool_calls:
    case Finish::pause:
      return {};
  }
  return {};
}

}  // namespace

ItemWriter::ItemWriter(const AnswerHead& head)
    : head_id_(to_raw(head.id)), id_("resp_" + std::string(head.id)), model_(head.model), created_(head.created) {}

ResponseObject ItemWriter::response() const {
  ResponseObject out;
  out.id = id_;
  out.model = model_;
  out.created = created_;
  return out;
}

std::size_t ItemWriter::index_of(const AnswerItem& item) const noexcept {
  return static_cast<std::size_t>(&item - items_.data());
}

AnswerItem* ItemWriter::running(AnswerItem::Kind kind, std::uint32_t block) noexcept {
  const auto at = std::find_if(items_.rbegin(), items_.rend(), [&](const AnswerItem& item) {
    return item.kind == kind && item.block == block && item.state == State::running;
  });
  return at == items_.rend() ? nullptr : &*at;
}

AnswerItem* ItemWriter::open_message() noexcept {
  if (items_.empty()) return nullptr;
  AnswerItem& last = items_.back();
  return last.kind == AnswerItem::Kind::message && last.state == State::running ? &last : nullptr;
}

AnswerItem& ItemWriter::add(AnswerItem::Kind kind, std::uint32_t block, bool is_custom) {
  close_last();
  AnswerItem& item = items_.emplace_back();
  item.kind = kind;
  item.block = block;
  item.is_custom = is_custom;
  item.id.append(prefix_of(item)).append(head_id_).append("_").append(std::to_string(index_of(item)));
  return item;
}

// What may not go on behind another item.
void ItemWriter::close_last() {
  if (items_.empty()) return;
  AnswerItem& last = items_.back();
  if (last.state == State::running && last.kind != AnswerItem::Kind::call) close(last, State::completed);
}

void ItemWriter::close(AnswerItem& item, State state) {
  if (item.is_custom) {
    item.text = custom_input(item.text);
    delta(item, index_of(item), item.text);
  }
  item.state = state;
  if (item.kind != AnswerItem::Kind::message || !item.parts.empty()) part_done(item, index_of(item));
  item_done(item, index_of(item));
}

void ItemWriter::on_text(const Event& event, bool is_refusal) {
  if (event.text.empty()) return;
  AnswerItem* item = open_message();
  if (item == nullptr) {
    item = &add(AnswerItem::Kind::message, event.block);
    item_added(*item, index_of(*item));
  }
  if (item->parts.empty() || item->parts.back().block != event.block || item->parts.back().is_refusal != is_refusal) {
    if (!item->parts.empty()) part_done(*item, index_of(*item));
    AnswerPart& part = item->parts.emplace_back();
    part.is_refusal = is_refusal;
    part.block = event.block;
    part_added(*item, index_of(*item));
  }
  item->parts.back().text.append(event.text);
  delta(*item, index_of(*item), event.text);
}

void ItemWriter::on_reasoning(const Event& event) {
  if (event.text.empty()) return;
  AnswerItem* item = running(AnswerItem::Kind::reasoning, event.block);
  if (item == nullptr) {
    item = &add(AnswerItem::Kind::reasoning, event.block);
    item_added(*item, index_of(*item));
  }
  if (item->text.empty()) part_added(*item, index_of(*item));
  item->text.append(event.text);
  delta(*item, index_of(*item), event.text);
}

// Of reasoning that is shown, or in place of it. A call has no room for one, and has said it before it began.
void ItemWriter::on_proof(const Event& event) {
  if (running(AnswerItem::Kind::call, event.block) != nullptr) return;
  AnswerItem* item = running(AnswerItem::Kind::reasoning, event.block);
  if (item == nullptr) {
    item = &add(AnswerItem::Kind::reasoning, event.block);
    item_added(*item, index_of(*item));
  }
  item->proof = event.text;
}

void ItemWriter::on_call(const Event& event) {
  if (!event.text.empty()) {
    AnswerItem& proof = add(AnswerItem::Kind::reasoning, event.block);
    item_added(proof, index_of(proof));
    proof.proof = event.text;
  }
  const bool is_custom = event.name.starts_with(custom_prefix);
  AnswerItem& item = add(AnswerItem::Kind::call, event.block, is_custom);
  const std::size_t index = index_of(item);
  item.name = is_custom ? event.name.substr(custom_prefix.size()) : event.name;
  item.call_id = event.id.empty() ? "call_" + head_id_ + "_" + std::to_string(index) : std::string(event.id);
  item_added(item, index);
}

void ItemWriter::on_arguments(const Event& event) {
  AnswerItem* const item = running(AnswerItem::Kind::call, event.block);
  if (item == nullptr) return;
  item->text.append(event.text);
  if (!item->is_custom) delta(*item, index_of(*item), event.text);
}

// Citations and log probabilities belong to the part that was written last.
void ItemWriter::on_extra(const Event& event) {
  AnswerItem* const item = open_message();
  if (item == nullptr || item->parts.empty()) return;
  AnswerPart& part = item->parts.back();
  if (part.block != event.block || part.is_refusal) return;
  if (event.kind == Event::Kind::logprobs) {
    if (const std::string tokens = logprobs_of_response(event.json); !tokens.empty()) {
      add_to_list(part.logprobs, tokens);
    }
    return;
  }
  const std::string annotation = annotation_of_response(event.json);
  if (annotation.empty()) return;
  add_to_list(part.annotations, annotation);
  annotated(*item, index_of(*item), annotation);
  ++part.annotation_count;
}

void ItemWriter::close_all() {
  ending();
  const bool is_whole = reason_of(finish_).empty();
  for (AnswerItem& item : items_) {
    const bool is_cut = !is_whole && index_of(item) + 1 == items_.size();
    if (item.state == State::running) close(item, is_cut ? State::incomplete : State::completed);
  }
}

void ItemWriter::on(const Event& event) {
  if (event.choice != 0) return;
  if (!has_begun_) {
    has_begun_ = true;
    begun();
  }
  switch (event.kind) {
    case Event::Kind::begin:
      break;  // the head says who answers
    case Event::Kind::text:
      return on_text(event, false);
    case Event::Kind::refusal:
      return on_text(event, true);
    case Event::Kind::reasoning:
      return on_reasoning(event);
    case Event::Kind::proof:
      return on_proof(event);
    case Event::Kind::sealed:
      on_proof(event);
      return close_last();
    case Event::Kind::call:
      return on_call(event);
    case Event::Kind::arguments:
      return on_arguments(event);
    case Event::Kind::logprobs:
    case Event::Kind::annotation:
      return on_extra(event);
    case Event::Kind::usage:
      if (!usage_) usage_.emplace();
      return usage_->merge(event.usage);
    case Event::Kind::finish:
      finish_ = event.finish;  // items end with the answer: more may come behind this
      return;
  }
}

void ItemWriter::end() {
  if (!has_begun_) begun();
  close_all();
  ResponseObject out = response();
  out.incomplete_reason = reason_of(finish_);
  out.status = out.incomplete_reason.empty() ? "completed" : "incomplete";
  out.items = &items_;
  out.usage = usage_.value_or(Usage{});  // some clients take no end without one
  ended(out);
}

}  // namespace gw::dialect::responses
