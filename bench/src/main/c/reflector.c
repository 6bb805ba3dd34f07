/* Sends probes back by the method of ours: read in batches, kernel receive stamp, and each reply
   stamped just before its own send. The least that this method can cost.
   reflector HOST PORT [plain]   plain: echo as it came, as a foreign reflector does
   On the wildcard address it answers from the address that was probed. */
#include "probe.h"

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: reflector HOST PORT [plain]\n");
    return 2;
  }
  uint32_t host = host_of(argv[1]);
  int plain = argc > 3, one = 1;
  int fd = open_socket(host, atoi(argv[2]));
  if (host == INADDR_ANY && setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, 4)) fail("IP_PKTINFO");
  struct sockaddr_in bound;
  socklen_t length = sizeof bound;
  if (getsockname(fd, (struct sockaddr *)&bound, &length)) fail("getsockname");
  printf("port=%d\n", ntohs(bound.sin_port));
  fflush(stdout);
  struct batch *b = new_batch();
  while (1) {
    int n = receive(fd, b, MSG_WAITFORONE);
    for (int i = 0; i < n; i++) {
      uint8_t *p = b->data[i];
      uint32_t bytes = b->headers[i].msg_len;
      if (bytes < AT_SLOTS + 64 || p[0] != 0x0a) continue;
      struct arrival a = arrival_of(&b->headers[i].msg_hdr);
      union {
        char space[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
        struct cmsghdr align;
      } control;
      struct iovec vector = {p, bytes};
      struct msghdr reply = {.msg_name = &b->names[i],
                             .msg_namelen = sizeof b->names[i],
                             .msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = 0};
      struct cmsghdr *c = &control.align;
      if (p[AT_TOS]) {
        *c = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IP, IP_TOS};
        int tos = p[AT_TOS];
        memcpy(CMSG_DATA(c), &tos, sizeof tos);
        reply.msg_controllen += CMSG_SPACE(sizeof(int));
        c = (struct cmsghdr *)(control.space + reply.msg_controllen);
      }
      if (a.local.s_addr) {
        *c = (struct cmsghdr){CMSG_LEN(sizeof(struct in_pktinfo)), IPPROTO_IP, IP_PKTINFO};
        struct in_pktinfo info = {.ipi_spec_dst = a.local};
        memcpy(CMSG_DATA(c), &info, sizeof info);
        reply.msg_controllen += CMSG_SPACE(sizeof(struct in_pktinfo));
      }
      if (!plain) {
        p[SLOTS_DIRECTION] = 1;
        put64(p + SLOTS_RECEIVED, a.stamp);
        put64(p + SLOTS_SENT, now_of(CLOCK_REALTIME));
      }
      if (sendmsg(fd, &reply, 0) < 0 && errno != ECONNREFUSED) continue;
    }
  }
}
