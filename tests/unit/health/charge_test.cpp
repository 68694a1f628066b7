#include "health/charge.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::health {
namespace {

using To = Charge::To;
using Penalty = Charge::Penalty;
using Pause = Charge::Pause;

// The table of docs/health.md, line by line.
TEST(Charge, each_class_costs_what_it_stands_for) {
  struct Case {
    Errc code;
    Charge expected;
    bool reached;
  };

  const Charge light{To::entry, Penalty::light, Pause::repeated, false};
  const Charge connect{To::endpoint, Penalty::medium, Pause::brief, false};
  const Charge key{To::key, Penalty::heavy, Pause::lengthy, false};
  const Case cases[] = {
      {Errc::rate_limited, {To::entry, Penalty::medium, Pause::growing, true}, true},
      {Errc::model_unavailable, {To::entry, Penalty::medium, Pause::growing, false}, true},
      {Errc::billing, key, true},
      {Errc::upstream_auth, key, true},
      {Errc::upstream_server, light, true},
      {Errc::upstream_protocol, light, true},
      {Errc::upstream_empty, light, true},
      {Errc::interrupted, light, true},
      {Errc::idle_timeout, light, true},
      {Errc::first_byte_timeout, light, false},
      {Errc::total_timeout, light, false},
      {Errc::upstream_dns, connect, false},
      {Errc::upstream_connect, connect, false},
      {Errc::upstream_tls, connect, false},
      {Errc::upstream_refused, {}, true},
      {Errc::context_exceeded, {}, true},
      {Errc::unsupported_input, {}, true},
      {Errc::content_policy, {}, true},
      {Errc::image_undescribed, {}, false},
      {Errc::client_gone, {}, false},
      {Errc::shutting_down, {}, false},
      {Errc::overloaded, {}, false},
      {Errc::internal, {}, false},
      {Errc::invalid_request, {}, false},
      {Errc::no_route, {}, false},
  };
  for (const Case& c : cases) {
    const std::string name(to_string(c.code));
    EXPECT_EQ(charge_of(c.code, false), c.expected) << name;
    EXPECT_EQ(shows_endpoint_reached(c.code), c.reached) << name;
    if (c.code != Errc::rate_limited) {
      EXPECT_EQ(charge_of(c.code, true), c.expected) << name;
    }
  }
}

TEST(Charge, a_rate_limit_is_the_keys_when_there_are_others) {
  EXPECT_EQ(charge_of(Errc::rate_limited, true), (Charge{To::key, Penalty::medium, Pause::growing, true}));
}

TEST(Charge, nothing_of_ours_and_no_refusal_is_charged) {
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    const auto errc = static_cast<Errc>(code);
    const bool upstream = errc >= Errc::model_unavailable && errc <= Errc::interrupted;
    EXPECT_EQ(charge_of(errc, false).to == To::nobody, !upstream) << to_string(errc);
  }
}

}  // namespace
}  // namespace gw::health
