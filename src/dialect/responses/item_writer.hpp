// Private to responses: gathers an answer's events into items and says what becomes of each; the two writers differ in
// what they do with that.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/responses/answer_items.hpp"
#include "dialect/responses/response_object.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::responses {

/// An answer has one choice: events of others are passed over.
///
/// Text and refusals that follow each other are parts of one message. A message or an item of reasoning ends where
/// something else begins; calls end with the answer, since their arguments may come by turns.
class ItemWriter : public AnswerWriter {
 public:
  explicit ItemWriter(const AnswerHead& head);

  void on(const Event& event) final;
  void end() final;

 protected:
  using State = AnswerItem::State;

  virtual void begun() {}

  /// All that is still running ends now, and no event comes any more.
  virtual void ending() {}

  virtual void item_added(const AnswerItem& /*item*/, std::size_t /*index*/) {}

  virtual void part_added(const AnswerItem& /*item*/, std::size_t /*index*/) {}

  virtual void delta(const AnswerItem& /*item*/, std::size_t /*index*/, Raw /*text*/) {}

  virtual void annotated(const AnswerItem& /*item*/, std::size_t /*index*/, JsonText /*annotation*/) {}

  virtual void part_done(const AnswerItem& /*item*/, std::size_t /*index*/) {}

  virtual void item_done(const AnswerItem& /*item*/, std::size_t /*index*/) {}

  virtual void ended(const ResponseObject& /*response*/) {}

  [[nodiscard]] ResponseObject response() const;

  [[nodiscard]] const std::vector<AnswerItem>& items() const noexcept { return items_; }

 private:
  void on_text(const Event& event, bool is_refusal);
  void on_reasoning(const Event& event);
  void on_proof(const Event& event);
  void on_call(const Event& event);
  void on_arguments(const Event& event);
  void on_extra(const Event& event);
  AnswerItem& add(AnswerItem::Kind kind, std::uint32_t block, bool is_custom = false);
  [[nodiscard]] AnswerItem* running(AnswerItem::Kind kind, std::uint32_t block) noexcept;
  [[nodiscard]] AnswerItem* open_message() noexcept;
  [[nodiscard]] std::size_t index_of(const AnswerItem& item) const noexcept;
  void close_last();
  void close_all();
  void close(AnswerItem& item, State state);

  std::string head_id_;  // raw
  std::string id_;
  std::string model_;
  std::uint64_t created_;
  std::vector<AnswerItem> items_;
  std::optional<Usage> usage_;
  Finish finish_ = Finish::stop;
  bool has_begun_ = false;
};

}  // namespace gw::dialect::responses
