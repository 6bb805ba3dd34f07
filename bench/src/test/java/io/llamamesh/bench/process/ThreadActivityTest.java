package io.llamamesh.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.bench.process.ThreadActivity.ThreadCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThreadActivityTest {

  @TempDir private Path tasks;

  private static String status(String name, long voluntary, long involuntary) {
    return "Name:\t%s\nState:\tS (sleeping)\nTgid:\t7\nvoluntary_ctxt_switches:\t%d\n"
            .formatted(name, voluntary)
        + "nonvoluntary_ctxt_switches:\t%d\n".formatted(involuntary);
  }

  private void write(long thread, String schedstat, String status) throws IOException {
    Path folder = Files.createDirectories(tasks.resolve(Long.toString(thread)));
    Files.writeString(folder.resolve("schedstat"), schedstat);
    Files.writeString(folder.resolve("status"), status);
  }

  @Test
  void aThreadHasItsNameItsTimeAndItsVoluntarySwitches() throws IOException {
    assertThat(ThreadCounts.parse("123456 789 42\n", status("VM Periodic Tas", 1200, 17)))
        .isEqualTo(new ThreadCounts("VM Periodic Tas", 123456, 1200));
  }

  @Test
  void whatTheKernelDoesNotWriteIsNoZero() {
    assertThatThrownBy(() -> ThreadCounts.parse("1 2 3", "Name:\tjava\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("voluntary_ctxt_switches");
    assertThatThrownBy(() -> ThreadCounts.parse("", status("java", 1, 2)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("schedstat");
  }

  @Test
  void onlyWhatCameSinceTheFirstLookCounts() throws IOException {
    write(7, "1000 0 1", status("java", 10, 0));
    write(8, "2000 0 1", status("collector", 20, 0));
    write(9, "9000 0 1", status("ends", 90, 0));
    ThreadActivity before = ThreadActivity.of(tasks);
    write(7, "1500 0 1", status("java", 11, 0));
    write(8, "4000 0 1", status("collector", 45, 900));
    write(10, "300 0 1", status("collector", 3, 0));
    Files.delete(tasks.resolve("9/status"));

    ThreadActivity more = ThreadActivity.of(tasks).since(before);

    assertThat(more.cpuNanos()).isEqualTo(500 + 2000 + 300);
    assertThat(more.wakeUps()).isEqualTo(1 + 25 + 3);
    assertThat(more.byName())
        .isEqualTo(
            Map.of(
                "collector", new ThreadCounts("collector", 2300, 28),
                "java", new ThreadCounts("java", 500, 1)));
  }
}
