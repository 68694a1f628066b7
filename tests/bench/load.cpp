// The benchmark's client: one thread, epoll, keep-alive connections, replies counted to the byte.
//   bench_load PORT closed  CONNECTIONS SECONDS BODY-BYTES    as fast as replies come
//   bench_load PORT rate    PER-SECOND  SECONDS BODY-BYTES [MODEL]   on a fixed schedule; latency counts from it
//   bench_load PORT count   CONNECTIONS REQUESTS BODY-BYTES   that many, then stops
//   bench_load PORT streams CONNECTIONS SECONDS CHUNKS INTERVAL-MS
//   bench_load PORT messages-closed ..., messages-streams ...  as a client of Anthropic's API
//   bench_load PORT hold    CONNECTIONS SECONDS               streams of a chunk a second; waits for a line on stdin
// Prints one JSON line.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  bool busy = false;
  bool begun = false;
  std::string in;
  Clock::time_point due;
};

// How the load speaks: as OpenAI's clients, or as Anthropic's, so that the gateway has to translate.
struct Dialect {
  std::string path;
  std::string members;  // beside those of both
  const char* end;      // of a stream
  const char* chunk;
};

const Dialect chat{"/v1/chat/completions", "", "data: [DONE]", "\"content\""};
const Dialect messages{"/v1/messages", R"("max_tokens":64,)", "message_stop", "text_delta"};
const Dialect* dialect = &chat;

std::string request(std::string_view body) {
  return "POST " + dialect->path +
         " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "
         "bench-gateway-key-0123\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string plain_request(std::size_t bytes, const std::string& model = "auto") {
  const std::string head = R"({"model":")" + model + R"(",)" + dialect->members + R"("temperature":0.7,"messages":[)" +
                           (dialect == &chat ? R"({"role":"system","content":"You are helpful."},)" : "") +
                           R"({"role":"user","content":")";
  const std::string tail = R"("}]})";
  std::string text;
  while (head.size() + text.size() + tail.size() < bytes) text += "Tell me about the weather today. ";
  text.resize(bytes > head.size() + tail.size() ? bytes - head.size() - tail.size() : 0);
  return request(head + text + tail);
}

// What the provider is to do stands where every dialect carries it.
std::string stream_request(long chunks, long interval) {
  const std::string options = dialect == &messages ? "" : R"("stream_options":{"include_usage":false},)";
  return request(
      R"({"model":"auto","stream":true,)" + options + R"("max_tokens":)" + std::to_string(chunks) +
      R"(,"messages":[{"role":"user","content":"Hello, each )" + std::to_string(interval) + R"( ms"}]})"
  );
}

class Load {
 public:
  Load(int port, std::size_t connections, std::string request)
      : request_(std::move(request)), connections_(connections) {
    poll_ = ::epoll_create1(0);
    for (std::size_t i = 0; i < connections; ++i) {
      Connection& c = connections_[i];
      c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::connect(c.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::perror("connect");
        std::exit(1);
      }
      const int on = 1;
      ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, c.fd, &event);
    }
  }

  void send(Connection& c, Clock::time_point due) {
    c.busy = true;
    c.begun = false;
    c.due = due;
    std::string_view rest = request_;
    while (!rest.empty()) {
      const ssize_t n = ::send(c.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n <= 0) fail("send");
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  // Waits up to `ms`, reads what came; `done` is called with each connection whose reply is whole.
  template <class Done>
  void step(int ms, Done done) {
    epoll_event events[256];
    const int n = ::epoll_wait(poll_, events, 256, ms);
    for (int i = 0; i < n; ++i) {
      Connection& c = connections_[events[i].data.u64];
      static char buffer[256 * 1024];
      const ssize_t got = ::recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) {
        if (got < 0 && errno == EAGAIN) continue;
        fail("the reply was cut");
      }
      if (!c.begun) first_.push_back(micros(Clock::now() - c.due));
      c.begun = true;
      c.in.append(buffer, static_cast<std::size_t>(got));
      if (whole(c)) {
        latency_.push_back(micros(Clock::now() - c.due));
        c.busy = false;
        c.in.clear();
        done(c);
      }
    }
  }

  static double micros(Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

  std::vector<Connection>& connections() { return connections_; }

  std::vector<double>& latency() { return latency_; }

  std::vector<double>& first() { return first_; }

  std::size_t chunks = 0;

 private:
  bool whole(Connection& c) {
    const std::size_t head = c.in.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    if (c.in.compare(0, 12, "HTTP/1.1 200") != 0) fail(c.in.substr(0, 300).c_str());
    for (const char* name : {"Content-Length: ", "content-length: "}) {
      if (const std::size_t at = c.in.find(name); at < head) {
        return c.in.size() >= head + 4 + std::strtoul(c.in.c_str() + at + 16, nullptr, 10);
      }
    }
    if (!c.in.ends_with("0\r\n\r\n")) return false;
    if (c.in.find(dialect->end) == std::string::npos) fail("a stream without its end");
    for (std::size_t at = 0; (at = c.in.find(dialect->chunk, at)) != std::string::npos; ++at) ++chunks;
    return true;
  }

  [[noreturn]] static void fail(const char* what) {
    std::fprintf(stderr, "bench_load: %s\n", what);
    std::exit(1);
  }

  std::string request_;
  std::vector<Connection> connections_;
  std::vector<double> latency_;
  std::vector<double> first_;
  int poll_ = -1;
};

double percentile(std::vector<double>& values, double p) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

void print(Load& load, double seconds) {
  std::printf(
      "{\"requests\":%zu,\"seconds\":%.3f,\"chunks\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"first_p50_us\":%.1f}\n",
      load.latency().size(),
      seconds,
      load.chunks,
      percentile(load.latency(), 0.5),
      percentile(load.latency(), 0.99),
      percentile(load.first(), 0.5)
  );
  std::fflush(stdout);
}

double since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

void closed_loop(Load& load, double seconds, long limit) {
  const auto begun = Clock::now();
  long sent = 0;
  const auto goes_on = [&] { return limit > 0 ? sent < limit : since(begun) < seconds; };
  for (Connection& c : load.connections()) {
    if (!goes_on()) break;
    ++sent;
    load.send(c, Clock::now());
  }
  std::size_t open = static_cast<std::size_t>(std::min<long>(sent, static_cast<long>(load.connections().size())));
  while (open > 0) {
    load.step(1000, [&](Connection& c) {
      if (goes_on()) {
        ++sent;
        load.send(c, Clock::now());
      } else {
        --open;
      }
    });
  }
  print(load, since(begun));
}

void fixed_rate(Load& load, double per_second, double seconds) {
  const auto begun = Clock::now();
  const auto gap = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
  auto next = begun;
  std::deque<Connection*> idle;
  for (Connection& c : load.connections()) idle.push_back(&c);
  const auto end = begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  while (next < end || idle.size() < load.connections().size()) {
    while (next < end && next <= Clock::now() && !idle.empty()) {
      Connection* const c = idle.front();
      idle.pop_front();
      load.send(*c, next);
      next += gap;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now()).count();
    load.step(next < end ? static_cast<int>(std::max<long>(0, left)) : 100, [&](Connection& c) { idle.push_back(&c); });
  }
  print(load, since(begun));
}

void hold(Load& load) {
  const auto begun = Clock::now();
  for (Connection& c : load.connections()) {
    load.send(c, Clock::now());
    load.step(0, [](Connection&) {});
  }
  while (load.first().size() < load.connections().size()) load.step(100, [](Connection&) {});
  std::printf("{\"open\":%zu,\"seconds\":%.2f}\n", load.connections().size(), since(begun));
  std::fflush(stdout);
  char line[16];
  (void)!std::fgets(line, sizeof line, stdin);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "see the head of load.cpp\n");
    return 2;
  }
  const int port = std::atoi(argv[1]);
  std::string mode = argv[2];
  if (constexpr std::string_view prefix = "messages-"; mode.starts_with(prefix)) {
    dialect = &messages;
    mode.erase(0, prefix.size());
  }
  const double first = std::atof(argv[3]);
  const double second = std::atof(argv[4]);
  const auto connections = static_cast<std::size_t>(first);
  if (mode == "closed" || mode == "count") {
    Load load(port, connections, plain_request(std::strtoul(argv[5], nullptr, 10)));
    closed_loop(load, second, mode == "count" ? static_cast<long>(second) : 0);
  } else if (mode == "rate") {
    Load load(port, 32, plain_request(std::strtoul(argv[5], nullptr, 10), argc > 6 ? argv[6] : "auto"));
    fixed_rate(load, first, second);
  } else if (mode == "streams") {
    Load load(port, connections, stream_request(std::atol(argv[5]), std::atol(argv[6])));
    closed_loop(load, second, 0);
  } else if (mode == "hold") {
    Load load(port, connections, stream_request(100000, 1000));
    hold(load);
  }
  return 0;
}
