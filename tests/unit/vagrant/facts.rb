# Prints as JSON what the Vagrantfile in the working folder says for each provider named, as Vagrant itself reads it.
require "json"
gem "vagrant"
require "vagrant"

SHOWN = %w[cpus memory smp machine_virtual_size disk_resize customizations].freeze

def facts(vagrantfile, provider)
  vm = vagrantfile.machine_config(:default, provider, nil, nil, false)[:config].vm
  own = vm.get_provider_config(provider)
  settings = own.instance_variables.to_h { |name| [name.to_s.delete("@"), own.instance_variable_get(name)] }
  {
    box: vm.box,
    ports: vm.networks.select { |type, _| type == :forwarded_port }.map(&:last),
    folders: vm.synced_folders,
    provisioners: vm.provisioners.map { |one| provisioner(one) },
    provider: settings.slice(*SHOWN),
  }
end

def provisioner(one)
  script = one.type == :shell ? one.config : nil
  { type: one.type, run: one.run, path: script&.path, env: script&.env, privileged: script&.privileged }
end

vagrantfile = Vagrant::Environment.new(cwd: Dir.pwd).vagrantfile
puts JSON.generate(ARGV.to_h { |provider| [provider, facts(vagrantfile, provider.to_sym)] })
