package io.llamamesh.testkit.junit;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Does what {@link KubernetesCluster} says. */
final class KubernetesClusterExtension
    implements ExecutionCondition, BeforeAllCallback, ParameterResolver {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(KubernetesClusterExtension.class);
  private static final long ESTABLISHED_SECONDS = 30;

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    String missing = server(context).missing();
    return missing.isEmpty()
        ? ConditionEvaluationResult.enabled("there is a Kubernetes API")
        : ConditionEvaluationResult.disabled(missing);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    KubernetesCluster wanted =
        context
            .getTestClass()
            .map(c -> c.getAnnotation(KubernetesCluster.class))
            .orElseThrow(() -> new IllegalStateException("@KubernetesCluster belongs on a class"));
    if (wanted.crds().length == 0) {
      return;
    }
    try (KubernetesClient client = TestCluster.client(server(context).config())) {
      for (String crd : wanted.crds()) {
        try (InputStream file = open(crd, context.getRequiredTestClass())) {
          client.load(file).items().forEach(item -> establish(client, item));
        }
      }
    }
  }

  private static void establish(KubernetesClient client, HasMetadata crd) {
    client.resource(crd).fieldManager("test-set-up").forceConflicts().serverSideApply();
    client
        .resources(CustomResourceDefinition.class)
        .withName(crd.getMetadata().getName())
        .waitUntilCondition(
            KubernetesClusterExtension::isEstablished, ESTABLISHED_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TestCluster.class || type == KubernetesClient.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    TestCluster cluster =
        context
            .getStore(STORE)
            .computeIfAbsent(
                "cluster",
                k -> new TestCluster(server(context), namespaceName(context)),
                TestCluster.class);
    return parameter.getParameter().getType() == TestCluster.class ? cluster : cluster.client();
  }

  private static TestServer server(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(STORE)
        .computeIfAbsent("server", k -> TestServer.start(System.getenv()), TestServer.class);
  }

  private static InputStream open(String crd, Class<?> test) throws IOException {
    if (crd.startsWith("classpath:")) {
      InputStream resource = test.getResourceAsStream(crd.substring("classpath:".length()));
      if (resource == null) {
        throw new IOException("not on the class path: " + crd);
      }
      return resource;
    }
    return Files.newInputStream(Path.of(crd));
  }

  private static boolean isEstablished(@Nullable CustomResourceDefinition crd) {
    return crd != null
        && crd.getStatus() != null
        && crd.getStatus().getConditions() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  /** A name that shows on a shared cluster whose leftovers these are, and never collides. */
  private static String namespaceName(ExtensionContext context) {
    String test = context.getRequiredTestClass().getSimpleName().toLowerCase(Locale.ROOT);
    String plain = test.replaceAll("[^a-z0-9]+", "-");
    return "t-"
        + plain.substring(0, Math.min(plain.length(), 40))
        + "-"
        + UUID.randomUUID().toString().substring(0, 8);
  }
}
