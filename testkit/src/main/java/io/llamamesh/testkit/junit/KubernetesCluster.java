package io.llamamesh.testkit.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives tests a real Kubernetes API: the cluster that {@code LLAMA_MESH_TEST_KUBECONFIG} names
 * (never {@code KUBECONFIG}, which may be somebody's own), else a control plane that all tests of
 * this JVM share, of the programs that {@link io.llamamesh.testkit.Binaries} finds. Where there is
 * neither, the tests are skipped and say how to get one; with {@code CI} set they fail.
 *
 * <p>A test takes a {@link TestCluster}, or just a {@code KubernetesClient}, as a parameter (also
 * of {@code @BeforeEach}); each test has a namespace of its own, which the client uses by default
 * and which is deleted afterwards. Controllers act, deletion takes its time, and Nodes are shared
 * by all: count and wait accordingly.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(KubernetesClusterExtension.class)
public @interface KubernetesCluster {
  /**
   * Files with CustomResourceDefinitions to apply first: paths from the module's folder, or {@code
   * classpath:/name}.
   */
  String[] crds() default {};
}
