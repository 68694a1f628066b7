#include "net/connection.hpp"

#include "net/client_watch.hpp"
#include "net/gate.hpp"
#include "net/wakeup.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gw::net {
namespace {

using namespace std::chrono_literals;

// Two ends of one loopback connection, ours and a plain blocking descriptor for the test's side.
class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    boost::asio::ip::tcp::acceptor acceptor(context_, {boost::asio::ip::address_v4::loopback(), 0});
    Socket socket(context_);
    socket.connect(acceptor.local_endpoint());
    peer_.emplace(acceptor.accept());
    connection_ = std::make_unique<Connection>(timers_, std::move(socket));
    connection_->prepare();
  }

  void run() {
    context_.restart();
    context_.run();
  }

  Gate gate_{[](std::string_view name, std::string_view what) { ADD_FAILURE() << name << ": " << what; }};
  boost::asio::io_context context_{1};
  Timers timers_{context_};
  std::optional<boost::asio::ip::tcp::socket> peer_;
  std::unique_ptr<Connection> connection_;
};

Task<void> read_once(Connection& connection, std::span<char> into, std::optional<IoResult>& result) {
  result = co_await connection.read(into);
}

Task<void> write_once(
    Connection& connection, std::vector<iovec> pieces, Connection::Lifetime lifetime, std::optional<IoResult>& result
) {
  result = co_await connection.write(pieces, lifetime);
}

TEST_F(ConnectionTest, reads_what_the_peer_sends) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  gate_.spawn("read", read_once(*connection_, buffer, result));
  boost::asio::write(*peer_, boost::asio::buffer("hello", 5));
  run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ(std::string(buffer.data(), result->bytes), "hello");
}

TEST_F(ConnectionTest, a_deadline_ends_a_read_and_moving_it_makes_the_connection_usable_again) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  connection_->deadline(Clock::now() + 5ms);
  gate_.spawn("read", read_once(*connection_, buffer, result));
  run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stop, Stop::deadline);

  connection_->deadline(far_future);
  result.reset();
  boost::asio::write(*peer_, boost::asio::buffer("x", 1));
  gate_.spawn("read", read_once(*connection_, buffer, result));
  run();
  ASSERT_TRUE(result && result->ok()) << "no byte was lost by the cancelled read";
  EXPECT_EQ(buffer[0], 'x');
}

TEST_F(ConnectionTest, a_stop_ends_later_operations_too) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  connection_->stop(Stop::client_gone);
  gate_.spawn("read", read_once(*connection_, buffer, result));
  ASSERT_TRUE(result) << "at once";
  EXPECT_EQ(result->stop, Stop::client_gone);
}

TEST_F(ConnectionTest, the_end_of_the_peer_is_an_eof) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  gate_.spawn("read", read_once(*connection_, buffer, result));
  peer_->close();
  run();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->eof());
}

// A write far larger than the socket buffers, from memory that is overwritten as soon as the first part is out.
TEST_F(ConnectionTest, a_scratch_write_copies_what_the_kernel_does_not_take_at_once) {
  std::string big(8U << 20U, 'a');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>('a' + i % 23);
  const std::string expected = "head" + big;
  std::optional<IoResult> result;
  gate_.spawn("write", write_once(*connection_, {piece("head"), piece(big)}, Connection::Lifetime::scratch, result));
  EXPECT_FALSE(result) << "it must wait for the peer";
  std::fill(big.begin(), big.end(), '!');
  std::string received;
  std::thread reader([&] {
    std::array<char, 65536> buffer{};
    boost::system::error_code ec;
    while (received.size() < expected.size() && !ec) {
      const std::size_t n = peer_->read_some(boost::asio::buffer(buffer), ec);
      received.append(buffer.data(), n);
    }
  });
  run();
  reader.join();
  ASSERT_TRUE(result && result->ok());
  EXPECT_TRUE(received == expected);
  EXPECT_EQ(connection_->sent(), expected.size());
}

TEST_F(ConnectionTest, a_peer_that_takes_nothing_ends_the_write_after_the_write_timeout) {
  const std::string big(32U << 20U, 'a');
  std::optional<IoResult> result;
  connection_->write_timeout(20ms);
  gate_.spawn("write", write_once(*connection_, {piece(big)}, Connection::Lifetime::stable, result));
  run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stop, Stop::deadline);
}

TEST_F(ConnectionTest, a_connection_the_peer_closed_or_wrote_to_is_stale) {
  EXPECT_FALSE(connection_->is_stale());
  boost::asio::write(*peer_, boost::asio::buffer("x", 1));
  std::array<pollfd, 1> readable{{{connection_->fd(), POLLIN, 0}}};
  ASSERT_EQ(::poll(readable.data(), 1, 5000), 1);
  EXPECT_TRUE(connection_->is_stale());
}

void count(void* counter) {
  ++*static_cast<int*>(counter);
}

TEST_F(ConnectionTest, the_watch_tells_once_of_a_client_that_closed_even_behind_unread_bytes) {
  ClientWatch watch(timers_);
  int gone = 0;
  const ClientWatch::Entry entry(watch, connection_->fd(), count, &gone);
  watch.look();
  EXPECT_EQ(gone, 0);
  boost::asio::write(*peer_, boost::asio::buffer("GET /next", 9));
  peer_->close();
  std::array<pollfd, 1> closed{{{connection_->fd(), POLLRDHUP, 0}}};
  ASSERT_EQ(::poll(closed.data(), 1, 5000), 1);
  watch.look();
  watch.look();
  EXPECT_EQ(gone, 1);
}

Task<int> fails() {
  throw std::runtime_error("boom");
  co_return 1;
}

Task<void> awaits_failure(std::string& what) {
  try {
    (void)co_await fails();
  } catch (const std::exception& e) {
    what = e.what();
  }
}

TEST(Task, exceptions_reach_the_awaiter) {
  std::string what;
  Gate gate([](std::string_view, std::string_view) {});
  gate.spawn("t", awaits_failure(what));
  EXPECT_EQ(what, "boom");
}

Task<void> escapes(Wakeup& wakeup) {
  co_await wakeup;
  throw std::runtime_error("escaped");
}

TEST(Gate, reports_what_escapes_and_tells_when_it_is_empty) {
  std::vector<std::string> reports;
  Gate gate([&](std::string_view name, std::string_view what) {
    reports.push_back(std::string(name) + ": " + std::string(what));
  });
  Wakeup wakeup;
  bool empty = false;
  gate.spawn("task", escapes(wakeup));
  gate.when_empty([&] { empty = true; });
  EXPECT_FALSE(empty);
  EXPECT_EQ(gate.running(), 1U);
  wakeup.set();
  EXPECT_TRUE(empty);
  EXPECT_EQ(reports, (std::vector<std::string>{"task: escaped"}));
}

}  // namespace
}  // namespace gw::net
