package io.llamamesh.agent.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.config.CollectorConfigYaml;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyFallbackTest {

  private static final Duration LONG = Duration.ofMinutes(10);
  private static final long JOIN_MILLIS = 30_000;

  @TempDir private Path folder;
  @TempDir private Path kept;
  private final List<ProbePlan> plans = new CopyOnWriteArrayList<>();
  private LocalCopy copy;
  private ConfigApplier applier;

  @BeforeEach
  void keepACopy() throws IOException {
    copy = new LocalCopy(folder);
    applier = KubernetesConfigTest.applier(plans::add, new LocalCopy(kept));
  }

  private CopyFallback fallback(Duration patience) {
    return new CopyFallback(
        applier, copy, "elsewhere", () -> applier.runningConfig() == null, patience, "copy");
  }

  @Test
  void theCopyRunsWhenTheSourceDoesNotDecideInTime() throws IOException {
    copy.write(KubernetesConfigTest.document(2));
    fallback(Duration.ofMillis(1)).start();
    await().until(() -> plans.size() == 1);
    assertThat(plans.getFirst().pairs()).hasSize(2);
    assertThat(applier.state().origin()).isEqualTo("copy of elsewhere");
  }

  @Test
  void aWaitThatIsEndedDoesNotUseTheCopy() throws Exception {
    copy.write(KubernetesConfigTest.document(2));
    CopyFallback fallback = fallback(LONG);
    fallback.start();
    fallback.endWait();
    fallback.join(JOIN_MILLIS);
    assertThat(plans).isEmpty();
  }

  @Test
  void afterADecisionTheCopyRunsForARefusalOnly() throws IOException {
    copy.write(KubernetesConfigTest.document(2));
    CopyFallback fallback = fallback(LONG);
    fallback.markDecided();
    fallback.applyUnlessDecided();
    assertThat(plans).isEmpty();

    fallback.applyAfterRefusal();
    assertThat(plans).hasSize(1);
  }

  @Test
  void withoutADecisionEachFailureMayUseTheCopy() throws IOException {
    CopyFallback fallback = fallback(LONG);
    fallback.applyUnlessDecided();
    assertThat(plans).isEmpty();

    copy.write(KubernetesConfigTest.document(2));
    fallback.applyUnlessDecided();
    assertThat(plans).hasSize(1);
  }

  @Test
  void whatRunsAlreadyIsNotReplaced() throws IOException {
    copy.write(KubernetesConfigTest.document(2));
    assertThat(applier.tryApply(KubernetesConfigTest.document(1), "the source")).isTrue();
    CopyFallback fallback = fallback(LONG);
    fallback.applyUnlessDecided();
    fallback.applyAfterRefusal();
    assertThat(applier.state().origin()).isEqualTo("the source");
  }

  @Test
  void aDecisionWhileTheCopyIsReadWins() throws Exception {
    // A pipe: reading the copy ends when somebody writes.
    Path slow = folder.resolve("collector.yaml");
    assertThat(new ProcessBuilder("mkfifo", slow.toString()).start().waitFor()).isZero();
    CopyFallback fallback = fallback(Duration.ZERO);
    fallback.start();
    try (RandomAccessFile writer = new RandomAccessFile(slow.toFile(), "rw")) {
      KubernetesConfigTest.awaitReader(slow);
      fallback.markDecided();
      writer.write(KubernetesConfigTest.document(1).getBytes(UTF_8));
    }
    fallback.join(JOIN_MILLIS);
    assertThat(plans).isEmpty();
  }

  @Test
  void afterTheStopNothingIsApplied() throws Exception {
    copy.write(KubernetesConfigTest.document(2));
    CopyFallback fallback = fallback(LONG);
    fallback.start();
    fallback.stop();
    fallback.join(JOIN_MILLIS);
    fallback.applyUnlessDecided();
    assertThat(plans).isEmpty();
  }

  @Test
  void aCopyThatCannotBeReadIsNone() throws IOException {
    copy.write("x".repeat(CollectorConfigYaml.MAX_CHARACTERS + 1));
    CopyFallback fallback = fallback(LONG);
    fallback.applyUnlessDecided();
    fallback.applyAfterRefusal();
    assertThat(plans).isEmpty();
    assertThat(applier.state().error()).isNull();
  }
}
