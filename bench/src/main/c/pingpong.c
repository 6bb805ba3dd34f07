/* One probe after the other, each waited for: the RTT that is there to be measured, by the kernel's
   receive stamp against the clock just before the send.
   pingpong FIRST_TARGET TARGETS PORT RATE SECONDS  ->  sent=N received=N p50=µs p99=µs ... */
#include "probe.h"
#include <sys/time.h>

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: pingpong FIRST_TARGET TARGETS PORT RATE SECONDS\n");
    return 2;
  }
  uint32_t first = host_of(argv[1]);
  int targets = atoi(argv[2]), port = atoi(argv[3]);
  double rate = atof(argv[4]), seconds = atof(argv[5]);
  if (targets < 1 || rate < 1 || seconds <= 0) {
    fprintf(stderr, "pingpong: TARGETS, RATE and SECONDS must be positive\n");
    return 2;
  }
  int fd = open_socket(INADDR_ANY, 0);
  struct timeval patience = {0, 200000};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)) fail("SO_RCVTIMEO");
  uint8_t p[PROBE_BYTES];
  frame(p);
  struct batch *b = new_batch();
  static struct times rtts, corrected;
  uint32_t nonce = (uint32_t)now_of(CLOCK_REALTIME);
  uint64_t sent = 0, received = 0;
  int64_t start = now_of(CLOCK_MONOTONIC), due = start, end = start + (int64_t)(seconds * SECOND);
  while (due < end) {
    struct sockaddr_in to = address(first + sent % targets, port);
    signature(p, nonce, 0, (uint32_t)sent);
    int64_t stamp = now_of(CLOCK_REALTIME);
    sent_at(p, stamp);
    if (sendto(fd, p, PROBE_BYTES, 0, (struct sockaddr *)&to, sizeof to) < 0) fail("sendto");
    uint32_t sequence = (uint32_t)sent++ & 0xffffff;
    int n = receive(fd, b, MSG_WAITFORONE);
    for (int i = 0; i < n; i++) {
      if (get32(b->data[i] + AT_SIGNATURE) != nonce || sequence_of(b->data[i]) != sequence) continue;
      int64_t rtt = arrival_of(&b->headers[i].msg_hdr).stamp - stamp;
      received++;
      note(&rtts, rtt);
      if (b->data[i][SLOTS_DIRECTION] == 1) {
        note(&corrected, rtt - (int64_t)(get64(b->data[i] + SLOTS_SENT) - get64(b->data[i] + SLOTS_RECEIVED)));
      }
    }
    due += (int64_t)(SECOND / rate);
    int64_t now = now_of(CLOCK_MONOTONIC);
    if (due < now) due = now;
    sleep_until(due);
  }
  printf("sent=%llu received=%llu p50=%.2f p99=%.2f corrected_p50=%.2f corrected_p99=%.2f\n",
         (unsigned long long)sent, (unsigned long long)received, micros_at(&rtts, 0.50), micros_at(&rtts, 0.99),
         micros_at(&corrected, 0.50), micros_at(&corrected, 0.99));
  return 0;
}
