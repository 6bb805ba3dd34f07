package io.llamamesh.apiserver.junit;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.apiserver.StandInApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Does what {@link KubernetesApi} says. */
public final class KubernetesApiExtension implements BeforeAllCallback, ParameterResolver {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(KubernetesApiExtension.class);
  private static final long ESTABLISHED_SECONDS = 30;

  /** The shared stand-in, or nothing on a real cluster; ends with the JVM's last test. */
  private record Server(@Nullable StandInApiServer standIn) implements AutoCloseable {
    static Server start() {
      String kubeconfig = System.getenv("KUBECONFIG");
      if (kubeconfig != null && !kubeconfig.isBlank()) {
        return new Server(null);
      }
      try {
        return new Server(StandInApiServer.start());
      } catch (IOException e) {
        throw new UncheckedIOException("the stand-in API server did not start", e);
      }
    }

    KubernetesClient client() {
      Config config = standIn == null ? Config.autoConfigure(null) : standIn.config("set-up");
      return new KubernetesClientBuilder()
          .withConfig(config)
          .withHttpClientFactory(new JdkHttpClientFactory())
          .build();
    }

    @Override
    public void close() {
      if (standIn != null) {
        standIn.close();
      }
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    KubernetesApi wanted =
        context
            .getTestClass()
            .map(c -> c.getAnnotation(KubernetesApi.class))
            .orElseThrow(() -> new IllegalStateException("@KubernetesApi belongs on a class"));
    if (wanted.crds().length == 0) {
      return;
    }
    try (KubernetesClient client = server(context).client()) {
      for (String crd : wanted.crds()) {
        try (InputStream file = open(crd, context.getRequiredTestClass())) {
          for (HasMetadata item : client.load(file).items()) {
            client.resource(item).fieldManager("test-set-up").forceConflicts().serverSideApply();
            client
                .resources(CustomResourceDefinition.class)
                .withName(item.getMetadata().getName())
                .waitUntilCondition(
                    KubernetesApiExtension::isEstablished, ESTABLISHED_SECONDS, TimeUnit.SECONDS);
          }
        }
      }
    }
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
                k -> new TestCluster(server(context).standIn(), namespaceName(context)),
                TestCluster.class);
    return parameter.getParameter().getType() == TestCluster.class ? cluster : cluster.client();
  }

  private static Server server(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(STORE)
        .computeIfAbsent("server", k -> Server.start(), Server.class);
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
        && crd.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  /** Tells on a real cluster whose leftovers these are, and never collides. */
  private static String namespaceName(ExtensionContext context) {
    String test = context.getRequiredTestClass().getSimpleName().toLowerCase(Locale.ROOT);
    String plain = test.replaceAll("[^a-z0-9]+", "-");
    return "t-"
        + plain.substring(0, Math.min(plain.length(), 40))
        + "-"
        + UUID.randomUUID().toString().substring(0, 8);
  }
}
