package io.llamamesh.fabric;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Replicated state knows neither the overlay nor anything but the JDK; only the store a disk. */
@AnalyzeClasses(
    packages = "io.llamamesh.fabric",
    importOptions = ImportOption.DoNotIncludeTests.class)
class StateImportRulesTest {

  @ArchTest
  static final ArchRule dataTypesImportOnlyJavaAndTheCodec =
      classes()
          .that()
          .resideInAPackage("..fabric.crdt")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", "org.jspecify.annotations", "..fabric.crdt", "..fabric.codec");

  @ArchTest
  static final ArchRule multicastImportsOnlyJavaAndTheCodec =
      classes()
          .that()
          .resideInAPackage("..fabric.multicast")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", "org.jspecify.annotations", "..fabric.multicast", "..fabric.codec");

  @ArchTest
  static final ArchRule theStoreAddsDataTypes =
      classes()
          .that()
          .resideInAPackage("..fabric.store")
          .and()
          .doNotHaveSimpleName("MvStorage")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.jspecify.annotations",
              "..fabric.store",
              "..fabric.crdt",
              "..fabric.codec");

  @ArchTest
  static final ArchRule oneClassKnowsTheDisk =
      classes()
          .that()
          .haveSimpleName("MvStorage")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", "org.jspecify.annotations", "..fabric.store", "org.h2.mvstore..");
}
