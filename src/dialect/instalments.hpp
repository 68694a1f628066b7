// For a writer that says an answer again at its end, some of it more than once: what is said in one go would take its
// memory many times over.
#pragma once

namespace gw::dialect {

/// A side of an AnswerWriter that has it.
class Instalments {
 public:
  virtual ~Instalments() = default;
  Instalments(const Instalments&) = delete;
  Instalments& operator=(const Instalments&) = delete;

  /// From now on what repeats large texts waits for `next`. Its caller promises to pay all of it after `end`.
  virtual void allow() = 0;

  [[nodiscard]] virtual bool owes() const = 0;

  /// Writes one of what is owed.
  virtual void next() = 0;

 protected:
  Instalments() = default;
};

}  // namespace gw::dialect
