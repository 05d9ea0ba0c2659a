/** Calls of the containers that are followed, as `module path`. Read by the members of externals and by the models. */
export const CONTAINER_CALLS = {
  /** Give the instance of a class, or what is registered under a token. */
  gives: [
    'tsyringe container.resolve',
    'typedi Container.get',
    'typedi default.get',
    'inversify Container().get',
    'inversify Container().getAsync',
    'inversify Container().resolve',
  ],
  /** `register(token, { useClass | useFactory | useValue | useToken })`, or a value itself. */
  takes: [
    'tsyringe container.register',
    'tsyringe container.registerSingleton',
    'tsyringe container.registerInstance',
    'typedi Container.set',
    'typedi default.set',
  ],
  /** The end of `bind(token).to(...)`. */
  binds: [
    'inversify Container().bind().to',
    'inversify Container().bind().toSelf',
    'inversify Container().bind().toConstantValue',
    'inversify Container().bind().toDynamicValue',
  ],
  /** `register({ name: asClass(...) })`. */
  named: ['awilix createContainer().register'],
  resolved: ['awilix createContainer().resolve'],
} as const;

/** What else is to be known by its name. */
const WRAPPERS = [
  'awilix asClass',
  'awilix asFunction',
  'awilix asValue',
  '@oclif/core Command',
  '@oclif/command Command',
  '@oclif/command default',
  '@nestjs/common forwardRef',
  '@nestjs/common Inject',
  'tsyringe inject',
  'inversify inject',
  'typedi Inject',
];

export const CONTAINER_PATHS: readonly string[] = [...Object.values(CONTAINER_CALLS).flat(), ...WRAPPERS];
