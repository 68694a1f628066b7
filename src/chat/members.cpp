#include "chat/members.hpp"

#include <algorithm>

namespace gw::chat {
namespace {

// By the name sent. Requests have a dozen members and models a few rules: a walk is faster than an index.
Fate* find(Fates& fates, std::string_view key) {
  const auto at = std::find_if(fates.members.begin(), fates.members.end(), [&](const Fate& one) {
    return !one.is_removed && one.key == key;
  });
  return at == fates.members.end() ? nullptr : &*at;
}

void rename(Fates& fates, const config::Rename& rule) {
  Fate* const source = find(fates, rule.from);
  if (source == nullptr) return;
  Fate* const target = find(fates, rule.to);
  if (target != nullptr && (target->has_value || !source->has_value)) {
    source->is_removed = true;
    return;
  }
  if (target != nullptr) target->is_removed = true;
  source->key = rule.to;
}

void set(Fates& fates, Fate* member, const config::Parameter& parameter) {
  if (member != nullptr) {
    member->replacement = &parameter;
  } else {
    fates.added.push_back(&parameter);
  }
}

}  // namespace

Fates decide(const ChatRequest& request, const config::ParameterRules& rules) {
  Fates fates;
  fates.members.reserve(request.fields.size());
  for (const Field& field : request.fields) fates.members.push_back({field.key, nullptr, !field.is_null, false});
  for (const config::Rename& rule : rules.renamed) rename(fates, rule);
  for (const config::Parameter& parameter : rules.defaults) {
    Fate* const member = find(fates, parameter.key);
    if (member == nullptr || !member->has_value) set(fates, member, parameter);
  }
  for (const std::string& key : rules.dropped) {
    if (Fate* const member = find(fates, key); member != nullptr) member->is_removed = true;
  }
  for (const config::Parameter& parameter : rules.forced) set(fates, find(fates, parameter.key), parameter);
  return fates;
}

}  // namespace gw::chat
