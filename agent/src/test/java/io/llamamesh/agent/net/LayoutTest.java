package io.llamamesh.agent.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every size, offset and number of the system's that our code knows by heart, held against the
 * system's own headers by a compiler: for x86-64 and, without such a machine, for aarch64.
 */
class LayoutTest {

  private static final String HEADERS =
      """
      #define _GNU_SOURCE
      #include <stddef.h>
      #include <errno.h>
      #include <fcntl.h>
      #include <poll.h>
      #include <time.h>
      #include <sys/eventfd.h>
      #include <sys/socket.h>
      #include <sys/uio.h>
      #include <netinet/in.h>
      #include <linux/errqueue.h>
      """;

  private static Map<String, Long> layouts() {
    Map<String, Long> known = new LinkedHashMap<>();
    known.put("sizeof(void *)", 8L);
    known.put("sizeof(long)", 8L);
    known.put("sizeof(struct mmsghdr)", (long) NativeBatch.HEADER);
    known.put("offsetof(struct mmsghdr, msg_len)", (long) NativeBatch.AT_RECEIVED);
    known.put("sizeof(struct msghdr)", (long) NativeBatch.AT_RECEIVED);
    known.put("offsetof(struct msghdr, msg_name)", 0L);
    known.put("offsetof(struct msghdr, msg_namelen)", (long) NativeBatch.AT_NAME_LENGTH);
    known.put("offsetof(struct msghdr, msg_iov)", (long) NativeBatch.AT_VECTOR);
    known.put("offsetof(struct msghdr, msg_iovlen)", (long) NativeBatch.AT_VECTOR_COUNT);
    known.put("offsetof(struct msghdr, msg_control)", (long) NativeBatch.AT_CONTROL);
    known.put("offsetof(struct msghdr, msg_controllen)", (long) NativeBatch.AT_CONTROL_LENGTH);
    known.put("offsetof(struct msghdr, msg_flags)", (long) NativeBatch.AT_FLAGS);
    known.put("sizeof(struct iovec)", (long) NativeBatch.VECTOR);
    known.put("offsetof(struct iovec, iov_len)", 8L);
    known.put("sizeof(struct cmsghdr)", (long) ControlReader.HEADER);
    known.put("offsetof(struct cmsghdr, cmsg_len)", 0L);
    known.put("sizeof(((struct cmsghdr *) 0)->cmsg_len)", 8L);
    known.put("offsetof(struct cmsghdr, cmsg_level)", 8L);
    known.put("offsetof(struct cmsghdr, cmsg_type)", 12L);
    known.put("CMSG_ALIGN(1)", 8L);
    known.put("sizeof(struct sockaddr_in)", (long) SocketAddress.V4_BYTES);
    known.put("offsetof(struct sockaddr_in, sin_family)", 0L);
    known.put("offsetof(struct sockaddr_in, sin_port)", 2L);
    known.put("offsetof(struct sockaddr_in, sin_addr)", 4L);
    known.put("sizeof(struct sockaddr_in6)", (long) SocketAddress.V6_BYTES);
    known.put("offsetof(struct sockaddr_in6, sin6_port)", 2L);
    known.put("offsetof(struct sockaddr_in6, sin6_addr)", 8L);
    known.put("offsetof(struct sockaddr_in6, sin6_scope_id)", 24L);
    known.put("sizeof(struct in_pktinfo)", 12L);
    known.put("offsetof(struct in_pktinfo, ipi_ifindex)", 0L);
    known.put("offsetof(struct in_pktinfo, ipi_spec_dst)", 4L);
    known.put("sizeof(struct in6_pktinfo)", 20L);
    known.put("offsetof(struct in6_pktinfo, ipi6_addr)", 0L);
    known.put("offsetof(struct in6_pktinfo, ipi6_ifindex)", 16L);
    known.put("offsetof(struct sock_extended_err, ee_errno)", 0L);
    known.put("offsetof(struct sock_extended_err, ee_origin)", 4L);
    known.put("offsetof(struct sock_extended_err, ee_type)", 5L);
    known.put("offsetof(struct sock_extended_err, ee_code)", 6L);
    known.put("offsetof(struct sock_extended_err, ee_info)", 8L);
    known.put("sizeof(struct timespec)", 16L);
    known.put("offsetof(struct timespec, tv_nsec)", 8L);
    known.put("sizeof(struct pollfd)", 8L);
    known.put("offsetof(struct pollfd, events)", 4L);
    known.put("offsetof(struct pollfd, revents)", 6L);
    return known;
  }

  private static Map<String, Long> numbers() {
    Map<String, Long> known = new LinkedHashMap<>();
    known.put("EPERM", (long) Libc.EPERM);
    known.put("EINTR", (long) Libc.EINTR);
    known.put("EAGAIN", (long) Libc.EAGAIN);
    known.put("EACCES", (long) Libc.EACCES);
    known.put("EMSGSIZE", (long) Libc.EMSGSIZE);
    known.put("EADDRINUSE", (long) Libc.EADDRINUSE);
    known.put("EADDRNOTAVAIL", (long) Libc.EADDRNOTAVAIL);
    known.put("ENETUNREACH", (long) Libc.ENETUNREACH);
    known.put("ENOBUFS", (long) Libc.ENOBUFS);
    known.put("ECONNREFUSED", (long) Libc.ECONNREFUSED);
    known.put("EHOSTUNREACH", (long) Libc.EHOSTUNREACH);
    known.put("AF_INET", (long) Libc.AF_INET);
    known.put("AF_INET6", (long) Libc.AF_INET6);
    known.put("SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC", (long) Libc.SOCK_DGRAM_NONBLOCK_CLOEXEC);
    known.put("MSG_TRUNC", (long) Libc.MSG_TRUNC);
    known.put("MSG_DONTWAIT", (long) Libc.MSG_DONTWAIT);
    known.put("MSG_ERRQUEUE", (long) Libc.MSG_ERRQUEUE);
    known.put("SOL_SOCKET", (long) Libc.SOL_SOCKET);
    known.put("SO_SNDBUF", (long) Libc.SO_SNDBUF);
    known.put("SO_SNDBUFFORCE", (long) Libc.SO_SNDBUFFORCE);
    known.put("SO_RCVBUF", (long) Libc.SO_RCVBUF);
    known.put("SO_REUSEPORT", (long) Libc.SO_REUSEPORT);
    known.put("SO_RCVBUFFORCE", (long) Libc.SO_RCVBUFFORCE);
    known.put("SO_TIMESTAMPNS", (long) Libc.SO_TIMESTAMPNS);
    known.put("SO_RXQ_OVFL", (long) Libc.SO_RXQ_OVFL);
    known.put("SO_MEMINFO", (long) Libc.SO_MEMINFO);
    known.put("IPPROTO_IP", (long) Libc.IPPROTO_IP);
    known.put("IP_TOS", (long) Libc.IP_TOS);
    known.put("IP_PKTINFO", (long) Libc.IP_PKTINFO);
    known.put("IP_MTU_DISCOVER", (long) Libc.IP_MTU_DISCOVER);
    known.put("IP_RECVERR", (long) Libc.IP_RECVERR);
    known.put("IP_RECVTOS", (long) Libc.IP_RECVTOS);
    known.put("IP_PMTUDISC_PROBE", (long) Libc.PMTUDISC_PROBE);
    known.put("IPV6_PMTUDISC_PROBE", (long) Libc.PMTUDISC_PROBE);
    known.put("IPPROTO_IPV6", (long) Libc.IPPROTO_IPV6);
    known.put("IPV6_MTU_DISCOVER", (long) Libc.IPV6_MTU_DISCOVER);
    known.put("IPV6_RECVERR", (long) Libc.IPV6_RECVERR);
    known.put("IPV6_V6ONLY", (long) Libc.IPV6_V6ONLY);
    known.put("IPV6_RECVPKTINFO", (long) Libc.IPV6_RECVPKTINFO);
    known.put("IPV6_PKTINFO", (long) Libc.IPV6_PKTINFO);
    known.put("IPV6_DONTFRAG", (long) Libc.IPV6_DONTFRAG);
    known.put("IPV6_RECVTCLASS", (long) Libc.IPV6_RECVTCLASS);
    known.put("IPV6_TCLASS", (long) Libc.IPV6_TCLASS);
    known.put("EFD_NONBLOCK | EFD_CLOEXEC", (long) Libc.EVENTFD_NONBLOCK_CLOEXEC);
    known.put("POLLIN", (long) Libc.POLLIN);
    known.put("SO_EE_ORIGIN_LOCAL", (long) ErrorQueue.ORIGIN_LOCAL);
    known.put("SO_EE_ORIGIN_ICMP", (long) ErrorQueue.ORIGIN_ICMP);
    known.put("SO_EE_ORIGIN_ICMP6", (long) ErrorQueue.ORIGIN_ICMP6);
    return known;
  }

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc"})
  void theSystemsHeadersSayWhatWeKnowByHeart(String compiler) throws Exception {
    StringBuilder source = new StringBuilder(HEADERS);
    layouts().forEach((what, value) -> asserted(source, what, value));
    numbers().forEach((what, value) -> asserted(source, what, value));

    assertThat(compile(compiler, source.toString())).isEmpty();
  }

  @Test
  void aWrongNumberWouldBeNoticed() throws Exception {
    StringBuilder source = new StringBuilder(HEADERS);
    asserted(source, "offsetof(struct msghdr, msg_iov)", NativeBatch.AT_VECTOR + 4L);

    assertThat(compile("gcc", source.toString())).contains("offsetof(struct msghdr, msg_iov)");
  }

  private static void asserted(StringBuilder source, String what, long value) {
    source.append("_Static_assert((%1$s) == %2$d, \"%1$s is not %2$d\");%n".formatted(what, value));
  }

  /** Messages of the compiler; empty when all is well. */
  private String compile(String compiler, String source) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("layout.c"), source);
    Process process;
    try {
      process =
          new ProcessBuilder(compiler, "-fsyntax-only", file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeThat(e).as("%s is not there to be asked", compiler).isNull();
      throw e;
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue() == 0).as(said).isEqualTo(said.isEmpty());
    return said;
  }
}
