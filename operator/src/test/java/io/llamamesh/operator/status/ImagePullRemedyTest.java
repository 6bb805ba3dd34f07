package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts as the kubelet passes them on from containerd and CRI-O. */
class ImagePullRemedyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          failed to pull and unpack image "reg.example/agent:9": failed to resolve reference "reg.example/agent:9": reg.example/agent:9: not found | image.tag
          reading manifest 9 in reg.example/agent: manifest unknown | image.tag
          failed to pull and unpack image "reg.example/agent:1": failed to resolve reference "reg.example/agent:1": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://reg.example/token: 401 Unauthorized | spec.imagePullSecrets
          failed to pull and unpack image "docker.io/llama/agent:1": failed to resolve reference "docker.io/llama/agent:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed | spec.imagePullSecrets
          failed to pull and unpack image "reg.example/agent:1": failed to resolve reference "reg.example/agent:1": failed to do request: Head "https://reg.example/v2/agent/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority | does not trust the registry
          failed to pull and unpack image "reg.example/agent:1": failed to resolve reference "reg.example/agent:1": failed to do request: Head "https://reg.example/v2/agent/manifests/1": dial tcp: lookup reg.example on 10.0.0.2:53: no such host | does not reach the registry
          failed to pull and unpack image "docker.io/llama/agent:1": failed to copy: httpReadSeeker: failed open: unexpected status code 429 Too Many Requests: toomanyrequests: You have reached your unauthenticated pull rate limit | limits how often
          failed to pull and unpack image "reg.example/agent:1": no match for platform in manifest: not found | architecture
          """)
  void theRemedyFitsTheWordsWhichAreToldToo(String words, String remedy) {
    Obstacle first = pull("ErrImagePull", "rpc error: code = Unknown desc = " + words);
    Obstacle waiting =
        pull(
            "ImagePullBackOff",
            "Back-off pulling image \"reg.example/agent:1\": ErrImagePull: rpc error: code ="
                + " Unknown desc = "
                + words);

    assertThat(first.reason()).isEqualTo("PullFailed");
    assertThat(first.message()).startsWith("pod p on n cannot pull its image; ").contains(remedy);
    assertThat(first.message()).endsWith("It says: " + words);
    // The kubelet changes between the two all the time, which is no news.
    assertThat(waiting).isEqualTo(first);
  }

  @Test
  void aNameThatIsNoneAndAnImageThatMayNotBePulledHaveTheirOwn() {
    assertThat(
            pull(
                    "InvalidImageName",
                    "Failed to apply default image tag \"reg/Agent:1\": couldn't parse image name"
                        + " \"reg/Agent:1\": invalid reference format: repository name must be"
                        + " lowercase")
                .message())
        .contains("mend the name");
    assertThat(
            pull(
                    "ErrImageNeverPull",
                    "Container image \"agent:1\" is not present with pull policy of Never")
                .message())
        .contains("load it onto the node");
  }

  @Test
  void aPullSecretThatIsMissingIsNamed() {
    String event =
        "Unable to retrieve some image pull secrets (reg); attempting to pull the image may not"
            + " succeed.";

    assertThat(
            ImagePullRemedy.of("ImagePullBackOff", "Back-off pulling image \"x\"", "pod p", event)
                .message())
        .contains("spec.imagePullSecrets")
        .contains("(reg)");
  }

  @Test
  void withoutWordsTheReasonIsTold() {
    assertThat(pull("ErrImagePull", null).message()).endsWith("It says: ErrImagePull");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CrashLoopBackOff", "ContainerCreating", "CreateContainerConfigError"})
  void otherReasonsAreNotOurs(String reason) {
    assertThat(ImagePullRemedy.isImagePull(reason)).isFalse();
  }

  private static Obstacle pull(String reason, @org.jspecify.annotations.Nullable String message) {
    return ImagePullRemedy.of(reason, message, "pod p on n", null);
  }
}
